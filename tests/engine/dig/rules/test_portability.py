"""rules/portability.py: what open-source Digdag would refuse or ignore."""

from typing import Any

import pytest

from engine.dig.catalog import Catalog
from engine.dig.project import load
from engine.dig.source import MemoryFiles


def warned(text: str, name: str = "wf") -> list[tuple[int, str]]:
    project = load(MemoryFiles({f"{name}.dig": text}), catalog=Catalog({"echo": ()}))
    assert project.errors == ()
    return [(p.position.line, p.rule) for p in project.warnings if p.position]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("+日次:\n  echo>: x\n", 1),
        ("+g:\n  _check: {echo>: x}\n", 2),
        ("+g:\n  _disable: false\n", 2),
        ("_check: {echo>: x}\n", 1),
        ("schedule:\n  cron>: 0 0 * * *\n  delay: 10\n", 3),
        ("schedule:\n  daily>:\n  at: 07:00:00\n", 3),
        ("schedule:\n  daily>: 07:00:00\n  timezone: UTC\n", 3),
    ],
)
def test_what_works_here_only(text: str, line: int) -> None:
    assert warned(text) == [(line, "portability")]


@pytest.mark.parametrize(
    "text", ["+g:\n  _disable: true\n  _check: {}\n", "+a:\n  echo>: x\n  _check: {echo>: y}\n"]
)
def test_what_works_everywhere(text: str) -> None:
    assert warned(text) == []


def test_a_workflow_name_in_any_letters() -> None:
    assert warned("+a: {}", name="été") == [(1, "portability")]


def test_an_upload_is_not_warned_of() -> None:
    files: dict[str, Any] = {"été.dig": "+日: {}"}
    assert load(MemoryFiles(files), catalog=Catalog(), strict=False).problems == ()
