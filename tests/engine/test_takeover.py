"""A server that died, and the one that goes on for it."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.store import queue, running, servers
from engine.store.database import Database
from engine.takeover import SERVER_IS_DEAD, take_over
from tests.support.world import World

WAITS = {"etl.dig": "+a: {sh>: wait}\n+b: {echo>: b}\n"}


@pytest.fixture
def dead(database: Database, clock: ManualClock) -> World:
    """A server that dies while its first task runs."""
    world = World(database, clock)
    world.deploy(WAITS)
    world.start("etl")
    world.run()
    return world


def test_the_next_server_goes_on_with_its_attempts(dead: World) -> None:
    dead.clock.advance(SERVER_IS_DEAD.total_seconds() + 1)
    world = World(dead.database, dead.clock)
    world.tick()
    assert world.executor.ran == ["+etl+a"]
    world.executor.release()
    world.run()
    assert [attempt.success for attempt in world.attempts()] == [True]


def test_its_leases_are_held_by_one(dead: World) -> None:
    dead.clock.advance(SERVER_IS_DEAD.total_seconds() + 1)
    with dead.database.transaction() as tx:
        one, two = (servers.register(tx, name, now=dead.clock.now()) for name in ("one", "two"))
        (attempt_id,) = take_over(tx, one, dead.clock.now())
        assert [row.server_id for row in queue.of_attempts(tx, [attempt_id])] == [one]
        assert running.unfinished(tx, server_ids=[one]) == [attempt_id]
        if tx.dialect != "sqlite":
            assert take_over(tx, two, dead.clock.now()) == []


def test_it_is_dead_at_once_when_it_said_that_it_stops(dead: World) -> None:
    with dead.database.transaction() as tx:
        servers.stopped(tx, dead.submitter.server_id)
    world = World(dead.database, dead.clock)
    world.tick()
    assert world.executor.ran == ["+etl+a"]


def test_one_that_may_live_is_waited_for(dead: World) -> None:
    world = World(dead.database, dead.clock)
    world.tick()
    alone = dead.database.dialect == "sqlite"  # behind the lock of its data folder
    assert world.executor.ran == (["+etl+a"] if alone else [])
    world.clock.advance(SERVER_IS_DEAD.total_seconds() + 1)
    world.tick()
    assert world.executor.ran == ["+etl+a"]
