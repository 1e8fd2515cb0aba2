"""`trigger`: what `trigger:` must hold (decisions.md, "Triggers").

`attempt>` is there and empty, both names are plain texts, and nothing else is there.

Wrong:

    trigger:
      attempt>:
      dependent_workflow: load
    +a:
      echo>: x

Right:

    trigger:
      attempt>:
      dependent_workflow_name: load
      dependent_project_name: etl
    +a:
      echo>: x
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.dig.problem import Finding, shown
from engine.dig.source import KeyPath
from engine.dig.suggest import did_you_mean
from engine.params import Params

RULE = "trigger"

ATTEMPT, WORKFLOW, PROJECT = "attempt>", "dependent_workflow_name", "dependent_project_name"
KEYS = (ATTEMPT, WORKFLOW, PROJECT)


def upstream(trigger: Params) -> tuple[str, str]:
    """(project, workflow) that a checked trigger waits for."""
    return trigger[PROJECT], trigger[WORKFLOW]


def check(value: Any) -> Iterator[Finding]:
    """`value` is what stands at the top-level key `trigger`."""
    if not isinstance(value, dict):
        message = f"'trigger' takes a mapping with {', '.join(KEYS)}, found {shown(value)}"
        yield _finding((), message, on_value=True)
        return
    for key in value:
        if key not in KEYS:
            near = did_you_mean(key, KEYS) or f"; known are {', '.join(KEYS)}"
            yield _finding((key,), f"Unknown key {shown(key)} in 'trigger'{near}")
    yield from _check_attempt(value)
    for key in (WORKFLOW, PROJECT):
        yield from _check_name(value, key)


def _check_attempt(trigger: Params) -> Iterator[Finding]:
    if ATTEMPT not in trigger:
        yield _finding((), f"'{ATTEMPT}:' is missing in 'trigger'")
    elif trigger[ATTEMPT] is not None:
        message = f"'{ATTEMPT}:' takes no value, found {shown(trigger[ATTEMPT])}"
        yield _finding((ATTEMPT,), message, on_value=True)


def _check_name(trigger: Params, key: str) -> Iterator[Finding]:
    value = trigger.get(key)
    if key not in trigger:
        yield _finding((), f"'{key}' is missing in 'trigger'")
    elif not isinstance(value, str) or not value.strip() or "${" in value:
        message = f"'{key}' takes a name as plain text, found {shown(value)}"
        yield _finding((key,), message, on_value=True)


def _finding(path: KeyPath, message: str, *, on_value: bool = False) -> Finding:
    return Finding(("trigger", *path), RULE, message, on_value=on_value)
