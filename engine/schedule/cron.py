"""`cron>`: five fields as cron4j reads them, and the search for the next match (schedules.md §4, §5).

It is not crontab: all five fields must match, ranges wrap, `|` joins patterns.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from engine.params import Params
from engine.schedule.api import (
    EARLIEST,
    FINISHED,
    LATEST,
    NEVER,
    Options,
    ScheduleError,
    Scheduler,
    ScheduleTime,
    before,
    delayed,
    seconds,
)
from engine.typed import as_int, as_text
from engine.zones import instant

LAST_DAY = 32  # "L", which may stand at the end of a range too
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBER = re.compile(r"\+?[0-9]{1,9}")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Field:
    """What one of the five fields may hold."""

    name: str
    low: int
    high: int
    words: tuple[tuple[str, int], ...] = ()
    wraps_at: int = 0  # values are taken modulo this; 0 for never

    def values(self, text: str) -> frozenset[int]:
        """The values a field matches. Raises `ValueError` with what is wrong."""
        elements = [element for element in text.split(",") if element]
        if not elements:
            raise ValueError(f"the {self.name} field is empty")
        return frozenset(value for element in elements for value in self._element(element))

    def _element(self, text: str) -> list[int]:
        pieces = [piece for piece in text.split("/") if piece]
        if not 1 <= len(pieces) <= 2:
            raise ValueError(f"{text!r} in the {self.name} field is no value or range")
        values = self._range(pieces[0])
        if len(pieces) == 1:
            return values
        step = int(pieces[1]) if _NUMBER.fullmatch(pieces[1]) else 0
        if step < 1:
            raise ValueError(f"the step in {text!r} of the {self.name} field must be 1 or more")
        return values[::step]

    def _range(self, text: str) -> list[int]:
        if text == "*":
            return list(range(self.low, self.high + 1))
        ends = [self._value(end) for end in text.split("-") if end]
        if not 1 <= len(ends) <= 2:
            raise ValueError(f"{text!r} in the {self.name} field is no value or range")
        first, last = ends[0], ends[-1]
        if first <= last:
            return list(range(first, last + 1))
        return [*range(first, self.high + 1), *range(self.low, last + 1)]

    def _value(self, text: str) -> int:
        known = dict(self.words).get(text.lower())
        if known is not None:
            return known
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} in the {self.name} field is no value or range")
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"{text} in the {self.name} field is not {self.low} to {self.high}")
        return value % self.wraps_at if self.wraps_at else value


def _words(names: Iterable[str], start: int) -> tuple[tuple[str, int], ...]:
    return tuple((name, number) for number, name in enumerate(names, start))


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31, (("l", LAST_DAY),)),
    Field("month", 1, 12, _words(_MONTHS, 1)),
    Field("day of week", 0, 7, _words(_DAYS, 0), wraps_at=7),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One set of five fields. Days of the week count from Sunday, 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def matches(self, local: datetime) -> bool:
        return (
            local.minute in self.minutes
            and local.hour in self.hours
            and local.month in self.months
            and local.isoweekday() % 7 in self.weekdays
            and self.has_day(local.year, local.month, local.day)
        )

    def has_day(self, year: int, month: int, day: int) -> bool:
        return day in self.days or (LAST_DAY in self.days and day == _month_length(year, month))

    @property
    def possible(self) -> bool:
        """False when no year has such a day, as 31 February."""
        if not self.weekdays - {7}:
            return False
        return LAST_DAY in self.days or any(
            min(self.days) <= _LONGEST[month - 1] for month in self.months
        )


def parse(text: str) -> tuple[Pattern, ...]:
    """The patterns of a cron text. Raises `ScheduleError`, naming the text."""
    try:
        patterns = tuple(_pattern(part) for part in text.split("|") if part)
    except ValueError as error:
        raise ScheduleError(f"Invalid cron pattern {text!r}: {error}") from None
    if not patterns:
        raise ScheduleError(f"Invalid cron pattern {text!r}: expected five fields")
    if not any(pattern.possible for pattern in patterns):
        raise ScheduleError(f"Invalid cron pattern {text!r}: no day matches it")
    return tuple(pattern for pattern in patterns if pattern.possible)


def _pattern(text: str) -> Pattern:
    fields = [field for field in re.split("[ \t]+", text) if field]
    if len(fields) != len(FIELDS):
        raise ValueError(f"expected five fields, found {len(fields)}")
    values = [field.values(given) for field, given in zip(FIELDS, fields, strict=True)]
    return Pattern(*values)


@dataclass(frozen=True, slots=True)
class CronScheduler:
    """Patterns, with a delay between schedule time and run time."""

    patterns: tuple[Pattern, ...]
    delay: timedelta
    options: Options

    def first(self, now: datetime) -> ScheduleTime:
        start = now.replace(microsecond=0)
        if start == now:
            start = before(start, timedelta(seconds=1))
        return self.next(before(start, self.delay))

    def next(self, time: datetime) -> ScheduleTime:
        found = self._following(time)
        if found.finished:
            return FINISHED
        start, end = self.options.start, self.options.end
        if end is not None and end <= found.run_time:
            return FINISHED
        if start is not None and start > found.run_time:
            # `end` is not looked at again after this jump (schedules.md §7).
            return self._following(start - timedelta(seconds=1))
        return found

    def last(self, time: datetime) -> ScheduleTime:
        """Steps back by twice the distance of two later schedules, then forward (§5.4)."""
        following = self._match_after(time)
        distance = self._match_after(following) - following
        found = before(time, 2 * distance)
        # The last day is enough where it holds a match, and spares a walk over months of minutes.
        if distance > DAY and self._match_after(before(time, DAY)) < time:
            found = before(time, DAY)
        while (later := self._match_after(found)) < time:
            found = later
        return delayed(found.astimezone(UTC), self.delay)

    def _following(self, time: datetime) -> ScheduleTime:
        return delayed(self._match_after(time), self.delay)

    def _match_after(self, time: datetime) -> datetime:
        """The first match after `time`, which need not be a match; `NEVER` beyond the calendar."""
        if time >= LATEST:
            return NEVER
        candidate = max(time, EARLIEST).astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
        local = candidate.astimezone(self.options.timezone)
        if any(pattern.matches(local) for pattern in self.patterns):
            return candidate
        return min(_search(pattern, local) for pattern in self.patterns)


def _search(pattern: Pattern, local: datetime) -> datetime:
    """The search of schedules.md §5.1 step 3: from local fields upwards, day of week last."""
    day, hour, minute = local.date(), local.hour, local.minute
    while day.year < NEVER.year:
        clock = _clock_from(pattern, hour, minute) if _in_month(pattern, day) else None
        if clock is None:
            day, hour, minute = _next_day(pattern, day), 0, 0
            continue
        hour, minute = clock
        found, there = _instant(datetime(day.year, day.month, day.day, hour, minute), local.tzinfo)
        if there != day:  # the zone left this day out
            day = there
        elif day.isoweekday() % 7 in pattern.weekdays:
            return found
        else:
            day, hour, minute = day + DAY, 0, 0
    return NEVER


def _in_month(pattern: Pattern, day: date) -> bool:
    return day.month in pattern.months and pattern.has_day(day.year, day.month, day.day)


def _next_day(pattern: Pattern, day: date) -> date:
    if day.month in pattern.months:
        return day + DAY
    return day.replace(day=1) + timedelta(days=_month_length(day.year, day.month))


def _clock_from(pattern: Pattern, hour: int, minute: int) -> tuple[int, int] | None:
    """The first matching time of day at or after hour:minute."""
    if hour in pattern.hours:
        later = [value for value in pattern.minutes if value >= minute]
        if later:
            return hour, min(later)
    hours = [value for value in pattern.hours if value > hour]
    return (min(hours), min(pattern.minutes)) if hours else None


def _instant(wall: datetime, zone: tzinfo | None) -> tuple[datetime, date]:
    """A wall time as a moment, and the local date it really has."""
    found = instant(wall, zone)
    return found, found.astimezone(zone).date()


def _month_length(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def cron(argument: Params, options: Options) -> Scheduler:
    delay = seconds(as_int(argument, "delay", 0))
    return CronScheduler(parse(as_text(argument, "_command")), delay, options)
