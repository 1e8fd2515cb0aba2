from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.cli.rehearsal import rehearsing
from engine.outcome import TaskResult


class Echo:
    name = "echo"
    options = ("some",)

    def run(self, request: Any, context: Any) -> TaskResult:
        return TaskResult(store={"ran": True})


def find(name: str) -> Any:
    return Echo() if name == "echo" else None


def context() -> Any:
    lines: list[str] = []
    return SimpleNamespace(log=SimpleNamespace(info=lines.append), lines=lines)


REQUEST: Any = SimpleNamespace(operator="echo", params={"a": {"b": 1}})


def test_without_the_options_nothing_changes():
    assert rehearsing(find, show_params=False, dry_run=False) is find


def test_a_dry_run_does_nothing():
    operator = rehearsing(find, show_params=False, dry_run=True)("echo")

    assert operator is not None
    assert (operator.name, operator.options) == ("echo", ("some",))
    assert operator.run(REQUEST, context()) == TaskResult()


def test_parameters_are_shown_before_it_runs():
    operator = rehearsing(find, show_params=True, dry_run=False)("echo")
    seen = context()

    assert operator is not None
    assert operator.run(REQUEST, seen).store == {"ran": True}
    assert seen.lines == ["echo>: parameters\na:\n  b: 1"]


def test_unknown_operators_stay_unknown():
    assert rehearsing(find, show_params=True, dry_run=True)("nothing") is None
