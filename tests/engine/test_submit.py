"""Starting an attempt: engine.md §2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.clock import ManualClock
from engine.errors import AttemptExists, ConfigError, NotFound, TooManyAttempts, TooManyTasks
from engine.flow.resume import Resume
from engine.store import projects
from engine.store.database import Database
from tests.support.world import SESSION, World

FILES = {
    "etl.dig": "+a: {echo>: a}\n+b: {fail>: b}\n",
    "daily.dig": "timezone: Asia/Tokyo\nschedule: {daily>: '07:00:00'}\n+a: {echo>: a}\n",
}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    world = World(database, clock)
    world.deploy(FILES)
    return world


def test_a_session_exists_once_and_knows_its_attempt(world: World) -> None:
    first = world.start("etl")
    with pytest.raises(AttemptExists) as caught:
        world.start("etl")
    assert caught.value.attempt_id == first.id


def test_a_name_makes_a_further_attempt_once(world: World) -> None:
    world.start("etl")
    second = world.start("etl", retry_attempt_name="r1")
    assert second.index == 2
    with pytest.raises(AttemptExists) as caught:
        world.start("etl", retry_attempt_name="r1")
    assert caught.value.attempt_id == second.id


def test_sessions_do_not_depend_on_revisions(world: World) -> None:
    world.start("etl")
    world.deploy({"etl.dig": "+a: {echo>: other}\n"}, commit="d" * 40)
    with pytest.raises(AttemptExists):
        world.start("etl")


def test_session_times_have_whole_seconds(world: World) -> None:
    attempt = world.start("etl", at=SESSION + timedelta(microseconds=7))
    assert attempt.session_time == SESSION


def test_limits_refuse_and_leave_nothing(database: Database, clock: ManualClock) -> None:
    world = World(database, clock, attempts=1, tasks=2)
    world.deploy({**FILES, "wide.dig": "+a: {echo>: a}\n+b: {echo>: b}\n+c: {echo>: c}\n"})
    with pytest.raises(TooManyTasks, match="Limit: 2, Current: 0, Adding: 3"):
        world.start("wide")
    world.start("etl")
    with pytest.raises(TooManyAttempts, match="Limit: 1, Current: 1"):
        world.start("daily")
    assert [attempt.workflow_name for attempt in world.attempts()] == ["etl"]


def test_a_deleted_project_starts_nothing(world: World) -> None:
    with world.database.transaction() as tx:
        project = projects.project_named(tx, "shop")
    definition_id = world.start("etl").definition_id
    with world.database.transaction() as tx:
        projects.delete_project(tx, project.id, now=world.clock.now())
    with pytest.raises(NotFound, match=f"Project id={project.id} is already deleted"):
        world.start_definition(definition_id)


def test_a_schedule_tells_of_its_neighbours_however_it_was_started(world: World) -> None:
    attempt = world.start(
        "daily",
        at=datetime(2026, 1, 1, 15, tzinfo=UTC),
        params={"last_session_time": "mine", "x": 1},
    )
    assert attempt.params == {
        "last_session_time": "2026-01-01T00:00:00+09:00",
        "next_session_time": "2026-01-03T00:00:00+09:00",
        "x": 1,
    }


def test_only_an_attempt_of_the_same_session_can_be_resumed(world: World) -> None:
    old = world.start("etl")
    world.run()
    with pytest.raises(ConfigError, match="only an attempt of the same session"):
        world.start("etl", at=SESSION + timedelta(days=1), resume=Resume(old.id))
    with pytest.raises(NotFound):
        world.start("etl", retry_attempt_name="x", resume=Resume(999))


def test_a_resumed_attempt_takes_over_what_succeeded(world: World) -> None:
    old = world.start("etl")
    world.run()
    new = world.start("etl", retry_attempt_name="again", resume=Resume(old.id))
    assert new.resumed_from == old.id
    states = {name: task.state.label for name, task in world.tasks(new.id).items()}
    assert states == {"+etl": "planned", "+etl+a": "success", "+etl+b": "blocked"}
