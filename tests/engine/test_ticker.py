"""The clock's rounds: schedules that fire, are caught up, skipped, postponed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.clock import ManualClock
from engine.errors import DatabaseUnavailable
from engine.model import Definition
from engine.schedule.api import Scheduler
from engine.store import schedules
from engine.store.database import Database
from engine.ticker import Ticker
from tests.support.world import World

HOURLY = {"etl.dig": "schedule: {hourly>: '10:00'}\n+load: {echo>: load}\n"}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, clock)


def sessions(world: World) -> list[str]:
    return [f"{attempt.session_time:%H:%M}" for attempt in world.attempts()]


def test_it_sleeps_until_the_next_session_or_heartbeat(world: World) -> None:
    world.deploy(HOURLY)
    assert world.tick() == 20
    world.clock.set(datetime(2026, 1, 2, 12, 9, 55, tzinfo=UTC))
    assert world.tick() == 5
    assert sessions(world) == []


def test_a_due_schedule_starts_its_session(world: World) -> None:
    world.deploy(HOURLY)
    world.clock.set(datetime(2026, 1, 2, 12, 10, tzinfo=UTC))
    world.tick()
    (attempt,) = world.attempts()
    assert attempt.status == "success"
    assert attempt.params == {
        "last_session_time": "2026-01-02T11:00:00+00:00",
        "next_session_time": "2026-01-02T13:00:00+00:00",
    }


def test_missed_sessions_are_caught_up_in_order(world: World) -> None:
    world.deploy(HOURLY)
    world.clock.advance(3.5 * 3600)
    world.tick()
    assert sessions(world) == ["12:00", "13:00", "14:00", "15:00"]
    last = [a.params.get("last_executed_session_time") for a in world.attempts()]
    assert last == [
        None,
        "2026-01-02T12:00:00+00:00",
        "2026-01-02T13:00:00+00:00",
        "2026-01-02T14:00:00+00:00",
    ]


def test_a_session_that_was_started_by_hand_counts_as_started(world: World) -> None:
    world.deploy(HOURLY)
    world.start("etl", at=datetime(2026, 1, 2, 12, tzinfo=UTC))
    world.clock.advance(15 * 60)
    world.tick()
    assert len(world.attempts()) == 1
    with world.database.read() as tx:
        (row,) = schedules.schedule_rows(tx)
    assert row.schedule.last_session_time == datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_overtime_skips_a_session(world: World) -> None:
    text = "schedule: {hourly>: '10:00', skip_on_overtime: true}\n+load: {sh>: wait}\n"
    world.deploy({"etl.dig": text})
    world.clock.advance(15 * 60)
    world.tick()
    world.clock.advance(3600)
    world.tick()
    world.executor.release()
    world.run()
    world.clock.advance(3600)
    world.tick()
    assert sessions(world) == ["12:00", "14:00"]


def test_a_full_database_is_one_line_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(ticker: Ticker) -> float:
        ticker.stop()
        raise DatabaseUnavailable("The database is full")

    monkeypatch.setattr(Ticker, "round", full)
    world.ticker.run()
    (record,) = caplog.records
    assert record.getMessage().startswith("The database is full. No schedule starts")
    assert record.exc_info is None


def test_at_the_attempt_limit_the_session_waits(database: Database, clock: ManualClock) -> None:
    world = World(database, clock, attempts=1)
    world.deploy({**HOURLY, "long.dig": "+a: {sh>: wait}\n"})
    world.start("long")
    world.run()
    clock.advance(15 * 60)
    world.tick()
    assert len(world.attempts()) == 1
    assert world.tick() == 20, "only the heartbeat: it is tried again after ten minutes"
    world.executor.release()
    world.run()
    world.tick()
    assert sessions(world)[-1] == "12:00", "at once when a slot is free"


def test_a_broken_schedule_does_not_hold_the_others_back(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import engine.ticker

    world.deploy({"bad.dig": HOURLY["etl.dig"], "etl.dig": HOURLY["etl.dig"]})
    real = engine.ticker.scheduler_of

    def scheduler_of(definition: Definition) -> Scheduler:
        if definition.name == "bad":
            raise KeyError("a bug")
        return real(definition)

    monkeypatch.setattr(engine.ticker, "scheduler_of", scheduler_of)
    world.clock.advance(15 * 60)
    world.tick()
    assert [a.workflow_name for a in world.attempts()] == ["etl"]
    assert "tried again in an hour" in caplog.text


def test_a_disabled_schedule_does_nothing_and_catches_up_when_enabled(world: World) -> None:
    from engine import timetable

    world.deploy(HOURLY)
    with world.database.transaction() as tx:
        (row,) = schedules.schedule_rows(tx)
        timetable.disable(tx, row.schedule.id, world.clock.now())
    world.clock.advance(2 * 3600)
    world.tick()
    assert sessions(world) == []
    with world.database.transaction() as tx:
        timetable.enable(tx, row.schedule.id, world.clock.now())
    world.tick()
    assert sessions(world) == ["12:00", "13:00"]


def test_enabling_with_a_skip_leaves_the_past_alone(world: World) -> None:
    from engine import timetable

    world.deploy(HOURLY)
    with world.database.transaction() as tx:
        (row,) = schedules.schedule_rows(tx)
        timetable.disable(tx, row.schedule.id, world.clock.now())
    world.clock.advance(2 * 3600)
    with world.database.transaction() as tx:
        now = world.clock.now()
        timetable.enable(tx, row.schedule.id, now, skip_before=now)
    world.tick()
    assert sessions(world) == []
    # A push does not bring back what was skipped (decisions.md).
    world.deploy({"etl.dig": HOURLY["etl.dig"] + "+more: {echo>: more}\n"})
    world.clock.advance(15 * 60)
    world.tick()
    assert sessions(world) == ["14:00"]


def test_a_removed_schedule_comes_back_without_the_gap(world: World) -> None:
    world.deploy(HOURLY)
    with world.database.read() as tx:
        (before,) = schedules.schedule_rows(tx)
    assert world.deploy({"etl.dig": "+load: {echo>: load}\n"}).removed_schedules == ["etl"]
    world.clock.advance(5 * 3600)
    world.tick()
    world.deploy(HOURLY)
    world.tick()
    assert sessions(world) == []
    with world.database.read() as tx:
        (after,) = schedules.schedule_rows(tx)
    assert after.schedule.id == before.schedule.id
    assert after.schedule.next_schedule_time == datetime(2026, 1, 2, 17, tzinfo=UTC)


def test_a_project_with_schedules_off_has_rows_that_rest(world: World) -> None:
    world.deploy(HOURLY, schedules_enabled=False)
    world.clock.advance(2 * 3600)
    world.tick()
    assert sessions(world) == []
    with world.database.read() as tx:
        (row,) = schedules.schedule_rows(tx)
    assert row.schedule.disabled_reason == "project"
    world.deploy(HOURLY)
    with world.database.read() as tx:
        (row,) = schedules.schedule_rows(tx)
    assert row.schedule.disabled_at is None


def test_a_waiting_task_goes_on_when_its_time_has_come(world: World) -> None:
    world.deploy({"poll.dig": "+p: {sh>: later}\n"})
    attempt = world.start("poll")
    world.run()
    assert world.tasks(attempt.id)["+poll+p"].state.label == "retry_waiting"
    world.clock.advance(29)
    world.run()
    assert world.tasks(attempt.id)["+poll+p"].state.label == "retry_waiting"
    world.clock.advance(1)
    world.run()
    assert world.attempt(attempt.id).status == "success"
