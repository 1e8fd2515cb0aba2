"""Time zones by the names a workflow may use: region names and fixed offsets (schedules.md §2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.errors import ConfigError

_FIXED = re.compile(
    r"(?:UTC|GMT|UT)?"
    r"(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d)(?::?(?P<seconds>\d\d))?)?"
)
_UTC_NAMES = frozenset({"Z", "UTC", "GMT", "UT"})
_MOST_HOURS = 18  # as Java's ZoneOffset


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """The zone called `name`. Raises `ConfigError` when there is none."""
    if name in _UTC_NAMES:
        return UTC
    if fixed := _FIXED.fullmatch(name):
        return _fixed_offset(name, fixed)
    # Files beside the zones, such as posix/ and right/, begin in lower case; no zone does.
    if not name[:1].isupper():
        raise _unknown(name)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise _unknown(name) from None


def instant(wall: datetime, where: tzinfo | None) -> datetime:
    """A wall time without zone as a moment (schedules.md §5.2).

    The smaller of the offsets the zone offers counts: in a gap the time moves forward, in an
    overlap it is the second one.
    """
    there = wall.replace(tzinfo=where)
    offsets = (there.utcoffset(), there.replace(fold=1).utcoffset())
    return (wall - min(offset or timedelta() for offset in offsets)).replace(tzinfo=UTC)


def offset_text(moment: datetime, separator: str = ":") -> str:
    """The offset of an aware local time as `+09:00`; UTC is `+00:00`."""
    offset = moment.utcoffset() or timedelta()
    minutes = abs(int(offset.total_seconds())) // 60
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02d}{separator}{minutes % 60:02d}"


def _fixed_offset(name: str, found: re.Match[str]) -> tzinfo:
    hours, minutes, seconds = (int(found[part] or 0) for part in ("hours", "minutes", "seconds"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or offset > timedelta(hours=_MOST_HOURS):
        raise _unknown(name)
    return timezone(-offset if found["sign"] == "-" else offset)


def _unknown(name: str) -> ConfigError:
    return ConfigError(
        f"Unknown time zone: {name!r}. Expected a name such as Asia/Tokyo, or an offset such as +09:00"
    )
