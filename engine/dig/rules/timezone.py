"""`timezone`: the zone of a workflow exists (language.md §4).

Region names such as Asia/Tokyo and offsets such as +09:00; nothing and an empty text mean UTC.

Wrong:

    timezone: Asia/Tokio
    +a:
      echo>: x

Right:

    timezone: Asia/Tokyo
    +a:
      echo>: x
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from engine.dig.problem import Finding, shown
from engine.dig.suggest import did_you_mean
from engine.errors import ConfigError
from engine.zones import zone

RULE = "timezone"
DEFAULT = "UTC"


def zone_id(value: Any) -> str:
    """The id to go on with: the given one where it is good, else the default."""
    return value if isinstance(value, str) and value and not _refusal(value) else DEFAULT


def check(value: Any) -> Iterator[Finding]:
    """`value` is what stands at the top-level key `timezone`, None when nothing does."""
    if value in (None, ""):
        return
    if message := _refusal(value):
        yield Finding(("timezone",), RULE, message, on_value=True)


def _refusal(value: Any) -> str | None:
    expected = "expected a name such as Asia/Tokyo, or an offset such as +09:00"
    if not isinstance(value, str):
        return f"A time zone is a text, found {shown(value)}; {expected}"
    try:
        zone(value)
    except ConfigError:
        near = did_you_mean(value, available_timezones()) if "/" in value else ""
        return f"Unknown time zone {shown(value)}{near or '; ' + expected}"
    return None
