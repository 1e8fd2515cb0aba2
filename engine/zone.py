"""Time zones as Digdag names them, and moments as it writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.errors import ConfigError

_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?")


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """The zone of a Java zone id: a region, `Z`, or an offset such as `+09:00` and `UTC+9`.

    Raises `ConfigError` for an unknown one.
    """
    if name in ("Z", "UTC", "GMT", "UT"):
        return UTC
    fixed = _OFFSET.fullmatch(name)
    if fixed:
        return _fixed(name, fixed)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"Unknown time zone: '{name}'") from None


def _fixed(name: str, match: re.Match[str]) -> tzinfo:
    sign, hours, minutes, seconds = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    if offset > timedelta(hours=18):
        raise ConfigError(f"Time zone offset out of range: '{name}'")
    return timezone(-offset if sign == "-" else offset)


def offset_text(moment: datetime, zone_name: str) -> str:
    """`2024-02-29T00:00:00+09:00`: the form of `sessionTime` and of `session_time`."""
    return moment.astimezone(zone(zone_name)).isoformat(timespec="seconds")


def instant_text(moment: datetime) -> str:
    """`2024-01-05T07:00:00Z`: whole seconds, cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
