"""Which runs are so cheap that handing them to a thread costs more than running them.

The owner of attempts runs them itself, between two commits (performance.md §3: no process, and here
no thread, where none is needed). What could take long stays out: JavaScript, and every operator
that does not say of itself that it is quick.
"""

from __future__ import annotations

from typing import Any

from engine.expr.syntax import parse
from engine.model import TaskRun
from engine.params import Literal

QUICK = frozenset({"echo>", "fail>"})


def is_quick(run: TaskRun) -> bool:
    """True for `echo>` and `fail>` whose parameters hold no JavaScript beyond plain names."""
    operators = [key for key in run.local if key.endswith(">") or key == "_type"]
    if len(operators) != 1 or operators[0] not in QUICK:
        return False
    return _is_plain(run.local) and _is_plain(run.params)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "$" not in value or isinstance(value, Literal) or parse(value).plain
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return True
