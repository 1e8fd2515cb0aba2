"""`portability`: what works here and not in Digdag (decisions.md, "Accepted here").

Warnings, for those who run the same files on both.

Wrong:

    +group:
      +a:
        echo>: x
      _check:
        echo>: checked

Right:

    +group:
      +a:
        echo>: x
    +check:
      echo>: checked
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.dig.problem import Finding, Severity, shown
from engine.dig.source import KeyPath
from engine.dig.written import Written
from engine.params import Params

RULE = "portability"

_OURS_IN_SCHEDULE = ("delay", "at", "_command", "timezone")


def check(task: Written) -> Iterator[Finding]:
    if not task.key.isascii():
        message = f"Digdag refuses the task name {shown(task.key)}: it knows ASCII letters only"
        yield _warning(task.path(), message)
    if not task.is_group:
        return
    if "_check" in task.own:
        message = "Digdag never runs the '_check' of a group"
        yield _warning(task.path("_check"), message)
    if "_disable" in task.own and not task.disabled:
        yield _warning(task.path("_disable"), "Digdag refuses '_disable: false' in a group")


def check_top(name: str, config: Params) -> Iterator[Finding]:
    """`config` is the whole of a workflow file."""
    if not name.isascii():
        message = f"Digdag refuses the workflow name {shown(name)}: it knows ASCII letters only"
        yield _warning((), message)
    if "trigger" in config:
        message = "Open-source Digdag refuses 'trigger'; Treasure Workflow knows it"
        yield _warning(("trigger",), message)
    schedule = config.get("schedule")
    if not isinstance(schedule, dict):
        return
    for key in _OURS_IN_SCHEDULE:
        if key in schedule:
            message = f"Digdag refuses '{key}' in a schedule at push"
            yield _warning(("schedule", key), message)


def _warning(path: KeyPath, message: str) -> Finding:
    return Finding(path, RULE, message, Severity.WARNING)
