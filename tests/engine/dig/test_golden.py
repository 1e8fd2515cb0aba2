"""Golden pairs: tests/golden/err/x.dig and what is said of it, x.out; ok/x.dig has no problem.

`GOLDEN=write pytest tests/engine/dig/test_golden.py` writes the .out files anew.
"""

import os
from pathlib import Path

import pytest

from engine.dig.catalog import Catalog
from engine.dig.problem import to_text
from engine.dig.project import load
from engine.dig.source import MemoryFiles
from engine.operators.api import Option

GOLDEN = Path(__file__).parents[2] / "golden"
COMMAND = Option("_command", required=True)
CATALOG = Catalog(
    {
        "call": (COMMAND,),
        "echo": (COMMAND,),
        "fail": (Option("_command"),),
        "py": (Option("_command"), Option("python", ("string", "array"))),
        "sh": (COMMAND, Option("shell", ("array",))),
    }
)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("err/*.dig")), ids=lambda path: path.stem)
def test_what_is_said_of_a_mistake(path: Path) -> None:
    files = MemoryFiles({path.name: path.read_text()})
    project = load(files, catalog=CATALOG)
    said = to_text(project.problems, files) + "\n"
    golden = path.with_suffix(".out")
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(said)
    assert said == golden.read_text()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("ok/*.dig")), ids=lambda path: path.stem)
def test_nothing_is_said_of_what_is_right(path: Path) -> None:
    files = MemoryFiles({path.name: path.read_text()})
    project = load(files, catalog=CATALOG)
    assert to_text(project.problems, files) == ""
    assert path.stem in project.workflows
