"""What enabling and skipping do to a schedule's row: schedules.md §12 and §13."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine import timetable
from engine.clock import ManualClock
from engine.errors import NotFound
from engine.model import Schedule
from engine.schedule.clockwork import SkipInPast
from engine.store import schedules
from engine.store.database import Database
from tests.support.world import World

HOURLY = {"etl.dig": "schedule: {hourly>: '38:00'}\n+a: {echo>: a}\n"}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    clock.set(datetime(2026, 1, 2, 1, tzinfo=UTC))
    world = World(database, clock)
    world.deploy(HOURLY)
    return world


def row(world: World) -> Schedule:
    with world.database.read() as tx:
        return schedules.schedule_rows(tx)[0].schedule


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, 2, hour, minute, tzinfo=UTC)


def disabled(world: World) -> int:
    with world.database.transaction() as tx:
        return timetable.disable(tx, row(world).id, world.clock.now()).id


def test_disabling_keeps_the_times_and_moves_the_date(world: World) -> None:
    before = row(world)
    disabled(world)
    world.clock.advance(60)
    disabled(world)
    after = row(world)
    assert after.disabled_at == world.clock.now()
    assert after.next_run_time == before.next_run_time


@pytest.mark.parametrize("time", [at(1, 10), at(1, 38)])
def test_a_skip_that_skips_nothing_is_refused_and_it_stays_disabled(
    world: World, time: datetime
) -> None:
    schedule_id = disabled(world)
    with pytest.raises(SkipInPast, match="already past"), world.database.transaction() as tx:
        timetable.enable(tx, schedule_id, world.clock.now(), skip_before=time)
    assert row(world).disabled_at is not None


@pytest.mark.parametrize(("time", "session"), [(at(1, 39), at(2)), (at(5), at(5))])
def test_enabling_with_a_skip(world: World, time: datetime, session: datetime) -> None:
    schedule_id = disabled(world)
    with world.database.transaction() as tx:
        enabled = timetable.enable(tx, schedule_id, world.clock.now(), skip_before=time)
    assert enabled == row(world)
    assert enabled.disabled_at is None
    assert enabled.next_schedule_time == session
    assert enabled.next_run_time == session + timedelta(minutes=38)


def test_a_schedule_nobody_knows(world: World) -> None:
    with pytest.raises(NotFound, match="schedule id=99"), world.database.transaction() as tx:
        timetable.disable(tx, 99, world.clock.now())
