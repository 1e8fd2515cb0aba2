"""The house rules that a machine can check: imports, a test file per module, pictures that are true."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from engine.states import MOVES, TaskState

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "engine", "bot", "webhooks")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules() -> list[Path]:
    """Every module that does something, relative to the checkout. Migrations are data."""
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and does_something(path)
    )


def does_something(path: Path) -> bool:
    """True when a function in it has a body; protocols, values and tables have none."""
    functions = [
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
    ]
    return any(not declared_only(function) for function in functions)


def declared_only(function: ast.FunctionDef) -> bool:
    """`...`, a docstring, or nothing but these."""
    return all(
        isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
        for line in function.body
    )


def test_import_contracts_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_its_test_file():
    missing = [
        str(module)
        for module in modules()
        if not (ROOT / "tests" / module.parent / f"test_{module.name}").exists()
    ]

    assert missing == []


def state_diagram():
    spec = importlib.util.spec_from_file_location("state_diagram", ROOT / "docs/state_diagram.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_state_diagram_is_the_table():
    page = (ROOT / "docs/architecture.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", state_diagram().shown(page), re.MULTILINE))

    assert drawn == {(source.label, target.label) for source, to in MOVES.items() for target in to}


def test_the_page_explains_every_state():
    page = (ROOT / "docs/architecture.md").read_text()

    assert [state.label for state in TaskState if f"`{state.label}`" not in page] == []


def test_every_dependency_has_its_reason():
    page = (ROOT / "docs/dependencies.md").read_text()
    declared = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["postgres"],
        *PROJECT["dependency-groups"]["dev"],
    ]
    names = {re.match(r"[A-Za-z0-9_.-]+", line)[0] for line in declared}

    assert {name for name in names if f"| {name} |" not in page} == set()


def test_every_difference_names_a_test_that_exists():
    page = (ROOT / "docs/digdag-differences.md").read_text()
    tests = (ROOT / "tests/acceptance/test_differences.py").read_text()
    named = re.findall(r"\| `([^`|]+)` \|$", page, re.MULTILINE)
    missing = [
        name
        for name in named
        if f"def {name}(" not in tests
        and not (ROOT / name).exists()
        and not (ROOT / "tests/conformance/scenarios" / name).exists()
    ]

    assert named
    assert missing == []


def test_pages_link_to_what_exists():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert missing == []
