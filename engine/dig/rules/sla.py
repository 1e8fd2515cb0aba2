"""`sla`: what `sla:` must hold (schedules.md §15).

Exactly one of `time` and `duration`, as HH:MM or HH:MM:SS. Digdag finds out when an attempt is
made, which then cannot start.

Wrong:

    sla: soon
    +a:
      echo>: x

Right:

    sla:
      time: 02:00
      +notice:
        echo>: late
    +a:
      echo>: x
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.dig.problem import Finding, Severity, shown

RULE = "sla"

TIMES = ("time", "duration")
FLAGS = ("alert", "fail")
_CLOCK = re.compile(r"[+-]?\d+:[+-]?\d+(?::[+-]?\d+)?", re.ASCII)


def check(value: Any) -> Iterator[Finding]:
    """`value` is what stands at the top-level key `sla`."""
    if not isinstance(value, dict):
        message = f"'sla' takes a mapping with 'time' or 'duration', found {shown(value)}"
        yield Finding(("sla",), RULE, message, on_value=True)
        return
    given = [key for key in TIMES if value.get(key) is not None]
    if len(given) != 1:
        message = "SLA must be specified using either the 'time' or 'duration' option"
        yield Finding(("sla", *given[1:]), RULE, message)
    for key in given:
        if not isinstance(value[key], str) or not _CLOCK.fullmatch(value[key]):
            form = f"SLA {key} option needs to be HH:MM or HH:MM:SS format"
            message = f"{form}: {shown(value[key])}"
            yield Finding(("sla", key), RULE, message, on_value=True)
    for key in FLAGS:
        if key in value and value[key] not in (True, False, "true", "false", "True", "False"):
            message = f"'{key}' takes true or false, found {shown(value[key])}; it is ignored"
            yield Finding(("sla", key), RULE, message, Severity.WARNING, on_value=True)


def tasks(value: Any) -> dict[str, Any]:
    """The tasks an SLA runs when it is missed: the keys that are not its own."""
    if not isinstance(value, dict):
        return {}
    return {key: item for key, item in value.items() if key not in (*TIMES, *FLAGS)}
