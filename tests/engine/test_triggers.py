"""`trigger: attempt>`, exactly as decisions.md has it."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.store import revisions, triggers
from engine.store.database import Database
from tests.support.world import World

ETL = {"etl.dig": "+load: {echo>: load}\n"}
FAILING = {"etl.dig": "+load: {fail>: no}\n"}
REPORT = {
    "report.dig": """
trigger:
  attempt>:
  dependent_workflow_name: etl
  dependent_project_name: shop
+show: {echo>: show}
"""
}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    world = World(database, clock)
    world.deploy(ETL)
    world.deploy(REPORT, "report")
    return world


def test_a_success_starts_the_dependent_at_the_same_session_time(world: World) -> None:
    upstream = world.start("etl")
    world.run()
    first, second = world.attempts()
    assert (second.workflow_name, second.session_time) == ("report", first.session_time)
    assert second.triggered_by == upstream.id
    assert second.status == "success"


def test_the_dependent_can_read_what_set_it_off(world: World) -> None:
    upstream = world.start("etl")
    world.run()
    assert world.attempts()[1].params == {
        "trigger": {
            "attempt_id": upstream.id,
            "session_id": upstream.session_id,
            "session_time": "2026-01-02T00:00:00+00:00",
            "project_name": "shop",
            "workflow_name": "etl",
            "revision": "cccccccccccc",
            "commit": "c" * 40,
        }
    }


def test_a_failure_and_a_kill_fire_nothing(world: World) -> None:
    world.deploy({"etl.dig": "+a: {sh>: wait}\n"})
    killed = world.start("etl")
    world.run()
    world.kill(killed.id)
    world.run()
    world.deploy(FAILING)
    world.start("etl", retry_attempt_name="again")
    world.run()
    assert [a.status.value for a in world.attempts()] == ["killed", "error"]


def test_a_retry_of_the_upstream_makes_a_named_attempt(world: World) -> None:
    world.start("etl")
    world.run()
    again = world.start("etl", retry_attempt_name="again")
    world.run()
    names = [a.retry_attempt_name for a in world.attempts() if a.workflow_name == "report"]
    assert names == [None, f"trigger-{again.id}"]


def test_chains_may_be_long(world: World) -> None:
    text = REPORT["report.dig"].replace("etl", "report").replace(": shop", ": report")
    world.deploy({"mail.dig": text}, "mail")
    world.start("etl")
    world.run()
    assert [a.workflow_name for a in world.attempts()] == ["etl", "report", "mail"]


def test_a_dependent_that_cannot_start_is_tried_again_when_a_slot_is_free(
    database: Database, clock: ManualClock
) -> None:
    world = World(database, clock, attempts=2)
    world.deploy({"etl.dig": "+load: {sh>: wait}\n", "long.dig": "+a: {sh>: later}\n"})
    world.deploy(REPORT, "report")
    world.start("long")
    world.run()
    world.start("etl")
    world.run()
    world.limit(1)
    world.executor.release()
    world.run()
    assert [a.workflow_name for a in world.attempts()] == ["long", "etl"]
    assert world.tick() == 20, "the heartbeat comes before the ten minutes"
    clock.advance(30)
    world.run()
    world.tick()
    assert [a.workflow_name for a in world.attempts()] == ["long", "etl", "report"]


def test_a_trigger_that_is_gone_is_dropped(world: World, database: Database) -> None:
    attempt = world.start("etl")
    with database.transaction() as tx:
        found = triggers.dependents(tx, "shop", "etl")
        triggers.fire(tx, attempt.id, found, now=world.clock.now())
    world.deploy({"report.dig": "+show: {echo>: show}\n"}, "report")
    world.tick()
    with database.read() as tx:
        (firing,) = triggers.firings_of(tx, [attempt.id])
    assert (firing.state, firing.attempt_id) == ("dropped", None)


def test_the_same_attempt_never_fires_twice(world: World, database: Database) -> None:
    upstream = world.start("etl")
    with database.transaction() as tx:
        found = triggers.dependents(tx, "shop", "etl")
        (firing,) = triggers.fire(tx, upstream.id, found, now=world.clock.now())
        triggers.firing_dropped(tx, firing.id, "before")
    world.run()
    assert len(world.attempts()) == 1


def test_schedules_off_means_no_trigger(world: World) -> None:
    world.deploy(REPORT, "report", schedules_enabled=False)
    world.start("etl")
    world.run()
    assert len(world.attempts()) == 1


def test_the_revision_that_runs_is_the_one_current_at_the_start(
    world: World, database: Database
) -> None:
    changed = {"report.dig": REPORT["report.dig"] + "+more: {echo>: more}\n"}
    result = world.deploy(changed, "report", commit="d" * 40)
    world.start("etl")
    world.run()
    second = world.attempts()[1]
    assert second.revision_id == result.revision.id
    with database.read() as tx:
        assert second.deployment_id is not None
        assert revisions.deployment(tx, second.deployment_id).commit == "d" * 40
