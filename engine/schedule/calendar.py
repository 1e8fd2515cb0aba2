"""`daily>` and its kin: a cron pattern each, and a time that becomes the delay (schedules.md §3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.params import Params
from engine.schedule.api import (
    EARLIEST,
    FINISHED,
    LATEST,
    Options,
    ScheduleError,
    Scheduler,
    ScheduleTime,
    before,
    delayed,
    seconds,
)
from engine.schedule.cron import CronScheduler, parse
from engine.typed import as_int, as_text

_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")
_EPOCH = datetime.fromtimestamp(0, UTC)
_INSTANT = timedelta(microseconds=1)


def daily(argument: Params, options: Options) -> Scheduler:
    text = _argument(argument)
    delay = _clock(text, 3, f"daily> scheduler requires hh:mm:ss format: {text}")
    return CronScheduler(parse("0 0 * * *"), delay, options)


def hourly(argument: Params, options: Options) -> Scheduler:
    text = _argument(argument)
    delay = _clock(text, 2, f"hourly>: scheduler requires mm:ss format: {text}")
    return CronScheduler(parse("0 * * * *"), delay, options)


def weekly(argument: Params, options: Options) -> Scheduler:
    text = _argument(argument)
    wrong = f"weekly>: scheduler requires day,hh:mm:ss format: {text}"
    day, comma, time = (part.strip() for part in text.partition(","))
    if not comma:
        raise ScheduleError(wrong)
    if _INTEGER.fullmatch(day) and int(day) < 0:
        raise ScheduleError(f"weekly>: invalid day: {int(day)}")
    delay = _clock(time, 3, f"weekly> scheduler requires hh:mm:ss format: {time}")
    try:
        patterns = parse(f"0 0 * * {day}")
    except ScheduleError:
        raise ScheduleError(wrong) from None
    return CronScheduler(patterns, delay, options)


def monthly(argument: Params, options: Options) -> Scheduler:
    text = _argument(argument)
    day, comma, time = text.partition(",")
    if not comma or not _INTEGER.fullmatch(day):
        raise ScheduleError(f"monthly>: scheduler requires day,hh:mm:ss format: {text}")
    delay = _clock(time, 3, f"monthly> scheduler requires hh:mm:ss format: {time}")
    return CronScheduler(parse(f"0 0 {int(day)} * *"), delay, options)


def minutes_interval(argument: Params, options: Options) -> Scheduler:
    minutes = as_int(argument, "_command")
    if minutes < 1:
        raise ScheduleError(f"minutes_interval> must be 1 or more: {minutes}")
    delay = seconds(as_int(argument, "delay", 0))
    return CronScheduler(parse(f"*/{min(minutes, 60)} * * * *"), delay, options)


def seconds_interval(argument: Params, options: Options) -> Scheduler:
    interval = as_int(argument, "_command")
    if interval < 1:
        raise ScheduleError(f"seconds_interval> must be 1 or more: {interval}")
    return SecondsScheduler(seconds(interval), seconds(as_int(argument, "delay", 0)), options)


@dataclass(frozen=True, slots=True)
class SecondsScheduler:
    """Multiples of an interval since 1970, whatever the zone, `start` and `end` (§5.5)."""

    interval: timedelta
    delay: timedelta
    options: Options

    def first(self, now: datetime) -> ScheduleTime:
        return self.next(before(now, _INSTANT))

    def next(self, time: datetime) -> ScheduleTime:
        if time >= LATEST - self.interval:
            return FINISHED
        return delayed(self._at_or_before(max(time, EARLIEST)) + self.interval, self.delay)

    def last(self, time: datetime) -> ScheduleTime:
        return delayed(self._at_or_before(before(time, _INSTANT)), self.delay)

    def _at_or_before(self, time: datetime) -> datetime:
        return _EPOCH + (time - _EPOCH) // self.interval * self.interval


def _argument(argument: Params) -> str:
    """The value of the type's key, else of `at`."""
    if argument.get("_command") is None and "at" in argument:
        return as_text(argument, "at")
    return as_text(argument, "_command")


def _clock(text: str, parts: int, wrong: str) -> timedelta:
    """`hh:mm:ss` or `mm:ss` as a length of time; its parts have no range (§3.1)."""
    pieces = text.rstrip(":").split(":") if text.strip(":") else []
    if len(pieces) != parts or not all(_INTEGER.fullmatch(piece) for piece in pieces):
        raise ScheduleError(wrong)
    total = 0
    for piece in pieces:
        total = total * 60 + int(piece)
    return seconds(total)
