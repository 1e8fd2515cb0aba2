"""What moves a schedule's stored times: push, tick, skip and backfill, as functions over values.

`skipped_until` is a run time: sessions that run before it were skipped, and a push does not bring
them back (decisions.md, "Schedules and deploys").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from engine.errors import ConfigError, Conflict, LimitExceeded
from engine.schedule.api import Scheduler, ScheduleTime

RETRY_AT_LIMIT = timedelta(seconds=600)
RETRY_AFTER_ERROR = timedelta(seconds=3600)
MOST_STEPS = 10_000  # of one skip or backfill
_SECOND = timedelta(seconds=1)


class SkipInPast(Conflict):
    """Specified time to skip schedules is already past"""


class TooFewSessions(ConfigError):
    """A backfill wants more sessions than there are before the next schedule time."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The times that a schedule's row holds (schedules.md §8)."""

    next_schedule_time: datetime
    next_run_time: datetime
    last_session_time: datetime | None = None
    skipped_until: datetime | None = None

    @property
    def due(self) -> ScheduleTime:
        return ScheduleTime(self.next_schedule_time, self.next_run_time)

    def at(self, due: ScheduleTime) -> Clockwork:
        return replace(self, next_schedule_time=due.time, next_run_time=due.run_time)


class Action(StrEnum):
    STARTED = "started"
    SKIPPED = "skipped"
    POSTPONED = "postponed"


def after_push(
    scheduler: Scheduler,
    row: Clockwork | None,
    *,
    schedule_from: datetime,
    clear: bool = False,
    returned_at: datetime | None = None,
) -> Clockwork:
    """The times after a deploy (schedules.md §9); `scheduler` is the new definition's.

    `row` is None for a new schedule. `returned_at` is the present moment where the row was hidden,
    because its workflow or its schedule was gone: the gap is not caught up.
    """
    if row is None or clear:
        first = scheduler.first(schedule_from)
        return Clockwork(first.time, first.run_time)
    due = [scheduler.first(row.skipped_until)] if row.skipped_until else []
    if row.last_session_time is not None:
        due.append(scheduler.next(row.last_session_time))
    else:
        due.append(scheduler.first(schedule_from))
    if returned_at is not None:
        due.append(scheduler.first(returned_at))
    return row.at(max(due))


def decide(
    scheduler: Scheduler,
    row: Clockwork,
    *,
    now: datetime,
    active_attempts: int = 0,
    attempt_limit_reached: bool = False,
) -> Action:
    """What to do with a row that is due (schedules.md §10.2).

    `active_attempts` counts only when `scheduler.options.skip_on_overtime` is set.
    """
    options = scheduler.options
    late = options.skip_delayed_by
    if late is not None and now > row.next_run_time + late:
        return Action.SKIPPED
    if options.skip_on_overtime and active_attempts:
        return Action.SKIPPED
    return Action.POSTPONED if attempt_limit_reached else Action.STARTED


def after_tick(scheduler: Scheduler, row: Clockwork, action: Action, *, now: datetime) -> Clockwork:
    """The times after `action`. A session that existed already counts as started."""
    if action is Action.POSTPONED:
        return postponed(row, now=now)
    following = row.at(scheduler.next(row.next_schedule_time))
    if action is Action.STARTED:
        return replace(following, last_session_time=row.next_schedule_time)
    passed = row.next_schedule_time + scheduler.delay + _SECOND
    return replace(following, skipped_until=_later(row.skipped_until, passed))


def postponed(row: Clockwork, *, now: datetime, by: timedelta = RETRY_AT_LIMIT) -> Clockwork:
    """The same session again later: at a limit, or after an error (`RETRY_AFTER_ERROR`)."""
    return replace(row, next_run_time=now.replace(microsecond=0) + by)


def skip_to(
    scheduler: Scheduler,
    row: Clockwork,
    next_time: datetime,
    *,
    run_time: datetime | None = None,
) -> Clockwork:
    """On to the first session that runs at or after `next_time`. Raises `SkipInPast`.

    `run_time` replaces the run time of that session alone.
    """
    return _skip(row, scheduler.first(next_time), run_time)


def skip_by_count(
    scheduler: Scheduler,
    row: Clockwork,
    from_time: datetime,
    count: int,
    *,
    run_time: datetime | None = None,
) -> Clockwork:
    """On to `count` sessions after the first one that runs at or after `from_time`.

    Raises `SkipInPast`, and `ConfigError` when `count` is more than `MOST_STEPS`.
    """
    if count > MOST_STEPS:
        raise ConfigError(f"count must be at most {MOST_STEPS}: {count}")
    target = scheduler.first(from_time)
    for _ in range(count):
        if target.finished:
            break
        target = scheduler.next(target.time)
    return _skip(row, target, run_time)


def _skip(row: Clockwork, target: ScheduleTime, run_time: datetime | None) -> Clockwork:
    if target.time <= row.next_schedule_time:
        raise SkipInPast
    return replace(
        row,
        next_schedule_time=target.time,
        next_run_time=run_time or target.run_time,
        skipped_until=target.run_time,
    )


def backfill_times(
    scheduler: Scheduler, next_schedule_time: datetime, from_time: datetime, count: int | None
) -> list[datetime]:
    """The session times a backfill starts, in order (schedules.md §14).

    Raises `TooFewSessions` when `count` is more than there are, `LimitExceeded` when there are more
    than `MOST_STEPS`.
    """
    wanted = MOST_STEPS + 1 if count is None else min(max(count, 0), MOST_STEPS + 1)
    found = list(islice(_times_between(scheduler, from_time, next_schedule_time), wanted))
    if len(found) > MOST_STEPS:
        raise LimitExceeded(f"A backfill may start {MOST_STEPS} sessions, and these are more")
    if count is not None and len(found) < count:
        raise TooFewSessions(
            f"count is set to {count} but there are only {len(found)} attempts"
            " until the next schedule time"
        )
    return found


def _times_between(scheduler: Scheduler, start: datetime, end: datetime) -> Iterator[datetime]:
    time = scheduler.first(start).time
    while time < end:
        yield time
        time = scheduler.next(time).time


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
