"""What a type of schedule has, and what it is given; the values they exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from engine.errors import ConfigError
from engine.params import Params


class ScheduleError(ConfigError):
    """The schedule cannot be used."""


@dataclass(frozen=True, slots=True, order=True)
class ScheduleTime:
    """`time` becomes `session_time`; `run_time` is when that session starts. Whole seconds, UTC."""

    time: datetime
    run_time: datetime

    @property
    def finished(self) -> bool:
        """True when nothing will be started again."""
        return self.time >= NEVER


NEVER = datetime(9999, 1, 1, tzinfo=UTC)
FINISHED = ScheduleTime(NEVER, NEVER)
EARLIEST = datetime(1, 2, 1, tzinfo=UTC)  # room for the offsets of zones
LATEST = NEVER - timedelta(days=2)
LONGEST_DELAY = timedelta(days=36_500)


def seconds(count: int) -> timedelta:
    """A delay. Raises `ScheduleError` where no calendar could hold it."""
    if abs(count) > LONGEST_DELAY.total_seconds():
        raise ScheduleError(f"A delay of {count} seconds is more than a century")
    return timedelta(seconds=count)


def delayed(time: datetime, delay: timedelta) -> ScheduleTime:
    """`time` and the run time that follows from it; finished when either leaves the calendar."""
    if time >= NEVER or time >= NEVER - delay:
        return FINISHED
    return ScheduleTime(time, time + delay)


def before(time: datetime, distance: timedelta) -> datetime:
    """`time` less `distance`, not before the calendar begins."""
    return time - distance if time > EARLIEST + distance else EARLIEST


@dataclass(frozen=True, slots=True)
class Options:
    """The keys that every type of schedule shares (schedules.md §2)."""

    timezone: tzinfo
    skip_on_overtime: bool = False
    skip_delayed_by: timedelta | None = None
    start: datetime | None = None  # no run before this moment
    end: datetime | None = None  # no run at or after this moment


class Scheduler(Protocol):
    """Answers in pairs of schedule time and run time (schedules.md §5). Arguments are aware."""

    @property
    def options(self) -> Options: ...

    @property
    def delay(self) -> timedelta:
        """Run time less schedule time, constant."""

    def first(self, now: datetime) -> ScheduleTime:
        """The first schedule whose run time is at or after `now`."""

    def next(self, time: datetime) -> ScheduleTime:
        """The schedule that follows schedule time `time`, strictly."""

    def last(self, time: datetime) -> ScheduleTime:
        """The schedule before schedule time `time`; an estimate where the pattern is irregular."""


@dataclass(frozen=True, slots=True)
class ScheduleType:
    """`keys` are read besides the shared ones; `build` gets them and `_command`, and may raise
    `ConfigError`."""

    build: Callable[[Params, Options], Scheduler]
    keys: frozenset[str] = frozenset()
