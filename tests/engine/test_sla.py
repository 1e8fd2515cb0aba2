"""Missed deadlines: schedules.md §15."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clock import ManualClock
from engine.store.database import Database
from tests.support.world import World

SLOW = """
sla:
  duration: 00:01
  fail: true
  +notice: {echo>: late}
+slow: {sh>: wait}
"""


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, clock)


def states(world: World, attempt_id: int) -> dict[str, str]:
    return {name: task.state.label for name, task in world.tasks(attempt_id).items()}


def test_a_missed_deadline_adds_its_tasks_and_stops_nothing(world: World) -> None:
    world.deploy({"etl.dig": SLOW})
    attempt = world.start("etl")
    world.run()
    world.clock.advance(59)
    world.tick()
    assert len(world.tasks(attempt.id)) == 2
    world.clock.advance(1)
    world.tick()
    world.tick()  # once only
    world.executor.release()
    world.run()
    assert states(world, attempt.id) == {
        "+etl": "group_error",
        "+etl+slow": "success",
        "+etl^sla^alert": "success",
        "+etl^sla^fail": "error",
        "+etl^sla": "success",
        "+etl^sla+notice": "success",
        "+etl^failure-alert": "success",
    }


def test_an_attempt_that_ends_in_time_hears_nothing(world: World) -> None:
    world.deploy({"etl.dig": SLOW.replace("wait", "go")})
    attempt = world.start("etl")
    world.run()
    world.clock.advance(120)
    world.tick()
    assert world.attempt(attempt.id).status == "success"
    assert set(states(world, attempt.id)) == {"+etl", "+etl+slow"}


def test_a_scheduled_session_counts_from_its_run_time(world: World) -> None:
    world.deploy({"etl.dig": SLOW + "schedule: {hourly>: '00:00'}\n"})
    world.clock.advance(3600 + 120)
    world.tick()
    world.tick()
    (attempt,) = [a for a in world.attempts() if a.session_time.hour == 13]
    assert "+etl^sla" in states(world, attempt.id)


def test_a_restarted_server_still_hears_of_it(world: World) -> None:
    world.deploy({"etl.dig": SLOW})
    attempt = world.start("etl")
    world.run()
    world.tick()
    world.clock.advance(3600)
    world.limit(10)
    world.ticker._seen -= timedelta(days=1)
    world.tick()
    assert "+etl^sla^fail" in states(world, attempt.id)


def test_the_clock_wakes_for_a_deadline(world: World) -> None:
    world.deploy({"etl.dig": SLOW})
    world.start("etl")
    world.clock.advance(55)
    assert world.tick() == 5


def test_a_deadline_while_the_workflow_waits_for_a_retry(world: World) -> None:
    world.deploy({"etl.dig": SLOW + "_retry: {limit: 1, interval: 600}\n"})
    attempt = world.start("etl")
    world.run()
    from engine.outcome import Failed

    world.executor.release(Failed({"message": "x"}))
    world.run()
    world.clock.advance(120)
    world.tick()
    world.clock.advance(600)
    world.run()
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).done
    assert states(world, attempt.id)["+etl^sla+notice"] == "success"
