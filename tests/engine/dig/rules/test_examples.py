"""Every rule explains itself with a wrong and a right file; both are run here."""

import importlib
import pkgutil
import textwrap
from types import ModuleType

import pytest

from engine.dig import rules
from engine.dig.catalog import Catalog
from engine.dig.project import load
from engine.dig.source import MemoryFiles
from engine.operators.api import Option

MODULES = [
    importlib.import_module(f"{rules.__name__}.{module.name}")
    for module in pkgutil.iter_modules(rules.__path__)
]
CATALOG = Catalog({"echo": (), "call": (), "sh": (Option("shell", ("array",)),)})


def example(module: ModuleType, heading: str) -> str:
    text = (module.__doc__ or "").split(f"{heading}:\n\n")[1]
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if line and line[0] != " "), len(lines))
    return textwrap.dedent("\n".join(lines[:end]))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_a_rule_finds_its_wrong_example_and_likes_the_right_one(module: ModuleType) -> None:
    wrong = load(MemoryFiles({"x.dig": example(module, "Wrong")}), catalog=CATALOG)
    right = load(MemoryFiles({"x.dig": example(module, "Right")}), catalog=CATALOG)
    assert {problem.rule for problem in wrong.problems} == {module.RULE}
    assert [problem for problem in right.problems if problem.rule != "portability"] == []
    assert (module.__doc__ or "").startswith(f"`{module.RULE}`: ")
