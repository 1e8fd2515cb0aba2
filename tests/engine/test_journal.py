"""The store as the advancer sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.clock import ManualClock
from engine.flow.resume import Resume
from engine.journal import StoreJournal
from engine.store.database import Database, Tx
from tests.support.world import SESSION, World

FILES = {
    "etl.dig": "+a: {sh>: wait}\n+b: {echo>: b}\n",
    "bad.dig": "+a: {echo>: a}\n+b: {fail>: no}\n",
}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    world = World(database, clock)
    world.deploy(FILES)
    return world


def journal_of(world: World) -> StoreJournal:
    journal = world.advancer._journal
    assert isinstance(journal, StoreJournal)
    return journal


def test_what_a_task_sees_comes_with_the_attempt(world: World) -> None:
    attempt = world.start("etl", params={"day": 1})
    (loaded,) = journal_of(world).load([attempt.id])
    assert loaded.attempt == attempt
    assert (loaded.project_name, loaded.revision_name) == ("shop", "c" * 12)
    assert loaded.base["day"] == 1
    assert [task.full_name for task in loaded.tasks] == ["+etl", "+etl+a", "+etl+b"]
    assert loaded.reusable == {}


def test_nothing_of_an_attempt_that_is_done_or_unknown(world: World) -> None:
    attempt = world.start("bad")
    world.run()
    assert journal_of(world).load([attempt.id, 9999]) == []


def test_a_resumed_attempt_brings_what_it_takes_over(world: World) -> None:
    first = world.start("bad")
    world.run()
    again = world.start("bad", retry_attempt_name="again", resume=Resume(first.id))
    (loaded,) = journal_of(world).load([again.id])
    assert list(loaded.reusable) == ["+bad+a"]


def test_many_attempts_cost_as_many_queries_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [world.start("etl", at=SESSION + timedelta(days=day)).id for day in range(5)]
    queries: list[object] = []
    execute = Tx.execute

    def counted(tx: Tx, statement: Any, *args: Any) -> Any:
        queries.append(statement)
        return execute(tx, statement, *args)

    monkeypatch.setattr(Tx, "execute", counted)
    assert [loaded.attempt.id for loaded in journal_of(world).load(ids)] == ids
    assert len(queries) == 3
