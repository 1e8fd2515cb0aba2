"""`keys`: which keys may stand at the top of a file and in a group (language.md §4, §5).

An operator's task may have any key, since every one is a parameter. At the top and in a group an
unknown key does nothing, so it is a mistake.

Wrong:

    +load:
      parallel: true
      +a:
        echo>: x

Right:

    +load:
      _parallel: true
      +a:
        echo>: x
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.dig.problem import Finding, Severity, shown
from engine.dig.suggest import did_you_mean
from engine.dig.written import Written

RULE = "keys"

# In the order of a stored definition (rest-api.md §4, "workflow").
TOP_KEYS = ("_export", "schedule", "sla", "trigger", "_error", "_check", "_retry", "_parallel")
GROUP_KEYS = (
    "timezone",
    "schedule",
    "sla",
    "_parallel",
    "_background",
    "_after",
    "_error",
    "_check",
    "_retry",
    "_export",
    "_secrets",
    "_disable",
)
# Accepted in a group, as Digdag does, and without any effect there.
IDLE_GROUP_KEYS = ("timezone", "schedule", "sla", "_secrets")
_TOP = frozenset(TOP_KEYS)
_GROUP = frozenset(GROUP_KEYS)


def top_key(workflow: str, key: str) -> str | None:
    """What is wrong with a key at the top of a file that is no task."""
    if key in _TOP or key == "timezone":
        return None
    message = f"Workflow {shown(workflow)} includes unknown keys: [{shown(key)[1:-1]}]"
    if key.endswith(">"):
        return f"{message}; an operator stands in a task, such as '+run:'"
    if near := did_you_mean(key, (*TOP_KEYS, "timezone")):
        return message + near
    return f"{message}; a task's name begins with '+'"


def group_key(full_name: str, key: str) -> str | None:
    """What is wrong with a key of a group that is no task."""
    if key in _GROUP:
        return None
    message = f"{shown(full_name)[1:-1]} contains invalid keys: {shown(key)}"
    return message + (did_you_mean(key, GROUP_KEYS) or "; parameters of a group go into '_export'")


def check(task: Written) -> Iterator[Finding]:
    """Warn of what a group below the top may have, and what does nothing there."""
    if task.is_group:
        for key in IDLE_GROUP_KEYS:
            if key in task.own:
                message = f"'{key}' has no effect in a group"
                yield Finding(task.path(key), RULE, message, Severity.WARNING)
