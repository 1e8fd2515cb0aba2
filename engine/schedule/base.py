"""The `schedule:` map, read and checked, and made into a scheduler (schedules.md §2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from engine.errors import ConfigError
from engine.params import Params
from engine.schedule import calendar, cron
from engine.schedule.api import (
    FINISHED,
    NEVER,
    Options,
    ScheduleError,
    Scheduler,
    ScheduleTime,
    ScheduleType,
)
from engine.typed import as_bool, as_duration, as_text
from engine.words import nearest
from engine.zones import zone

__all__ = [
    "FINISHED",
    "NEVER",
    "TYPES",
    "Options",
    "ScheduleError",
    "ScheduleTime",
    "Scheduler",
    "build",
]

TYPES: dict[str, ScheduleType] = {
    "cron": ScheduleType(cron.cron, frozenset({"delay"})),
    "daily": ScheduleType(calendar.daily, frozenset({"at"})),
    "hourly": ScheduleType(calendar.hourly, frozenset({"at"})),
    "minutes_interval": ScheduleType(calendar.minutes_interval, frozenset({"delay"})),
    "monthly": ScheduleType(calendar.monthly, frozenset({"at"})),
    "seconds_interval": ScheduleType(calendar.seconds_interval, frozenset({"delay"})),
    "weekly": ScheduleType(calendar.weekly, frozenset({"at"})),
}

SHARED_KEYS = frozenset({"skip_on_overtime", "skip_delayed_by", "start", "end", "timezone"})


def build(config: Any, timezone: str) -> Scheduler:
    """The scheduler that the map under `schedule:` describes. Raises `ScheduleError`.

    `timezone` is the workflow's; one in the map is used instead. Every key is checked.
    """
    if not isinstance(config, dict):
        raise ScheduleError(
            f"schedule: must be a map such as {{'daily>': '07:00:00'}} but is {config!r}"
        )
    try:
        return _build(config, timezone)
    except ScheduleError:
        raise
    except ConfigError as error:
        raise ScheduleError(str(error)) from None


def _build(config: Params, timezone: str) -> Scheduler:
    type_key, name = _type_of(config)
    kind = TYPES.get(name)
    if kind is None:
        near = nearest(name, TYPES)
        hint = f" > Did you mean '[{near[0]}>]'?" if near else ""
        raise ScheduleError(f"Unknown scheduler type: {name}{hint}")
    known = {type_key, *SHARED_KEYS, *kind.keys}
    if type_key == "_type":
        known.add("_command")
    _check_keys(config, known)
    argument = {key: config[key] for key in kind.keys if key in config}
    argument["_command"] = config.get("_command") if type_key == "_type" else config[type_key]
    return kind.build(argument, _options(config, timezone))


def _type_of(config: Params) -> tuple[str, str]:
    """The key that names the type, and the type."""
    if config.get("_type") is not None:
        return "_type", as_text(config, "_type")
    for key in config:
        if isinstance(key, str) and key.endswith(">"):
            return key, key[:-1]
    shown = json.dumps(config, ensure_ascii=False, separators=(",", ":"), default=str)
    raise ScheduleError(f"Schedule config requires 'type>: at' parameter: {shown}")


def _check_keys(config: Params, known: set[str]) -> None:
    unknown = [str(key) for key in config if key not in known]
    if unknown:
        raise ScheduleError("\n".join(_unused(key, known) for key in unknown))


def _unused(key: str, known: set[str]) -> str:
    near = nearest(key, known | {"_type", "_command"})
    hint = f" > Did you mean '[{', '.join(near)}]'?" if near else ""
    return f"Parameter '{key}' is not used at schedule.{hint}"


def _options(config: Params, timezone: str) -> Options:
    where = zone(as_text(config, "timezone", timezone))
    start, end = _day(config, "start"), _day(config, "end")
    options = Options(
        timezone=where,
        skip_on_overtime=as_bool(config, "skip_on_overtime", False),
        skip_delayed_by=as_duration(config, "skip_delayed_by", None),
        start=_midnight(start, where) if start else None,
        end=_midnight(end + timedelta(days=1), where) if end else None,
    )
    if options.start and options.end and options.start >= options.end:
        raise ScheduleError("The schedule of end is earlier than start")
    return options


def _day(config: Mapping[str, Any], key: str) -> date | None:
    text = as_text(config, key, None)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f"Invalid {key}: {text} ({error})") from None
    if day.isoformat() != text or not date(1, 1, 2) < day < NEVER.date():
        raise ScheduleError(f"Invalid {key}: {text} (expected yyyy-MM-dd)")
    return day


def _midnight(day: date, where: tzinfo) -> datetime:
    """The moment a local day begins: moved forward in a gap, the first one in an overlap."""
    return datetime(day.year, day.month, day.day, tzinfo=where).astimezone(UTC)
