"""When the SLA of an attempt is violated (schedules.md §15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from engine.errors import ConfigError
from engine.zones import instant, zone

_CLOCK = re.compile(r"([+-]?\d+):([+-]?\d+)(?::([+-]?\d+))?", re.ASCII)
_DAY = timedelta(hours=24)


def deadline(sla: Mapping[str, Any], timezone: str, base: datetime) -> datetime:
    """The moment for an attempt that counts from `base`, its run time. Raises `ConfigError`.

    A `time` that is past on the local day of `base` means 24 hours later, whatever the clocks do.
    """
    given = [key for key in ("time", "duration") if sla.get(key) is not None]
    if len(given) != 1:
        raise ConfigError("SLA must be specified using either the 'time' or 'duration' option")
    (key,) = given
    length = _read(key, sla[key])
    if key == "duration":
        return base + length
    midnight = datetime.combine(base.astimezone(zone(timezone)).date(), time())
    moment = instant(midnight + length, zone(timezone))
    return moment if moment >= base else moment + _DAY


def _read(key: str, value: Any) -> timedelta:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ConfigError(f"SLA {key} option needs to be HH:MM or HH:MM:SS format: {value}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
