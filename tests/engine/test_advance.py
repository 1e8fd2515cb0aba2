"""The loop that drives attempts: what it does when the store, an attempt or a hook breaks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

import engine.advance
from engine.advance import Advancer, Ended
from engine.clock import ManualClock
from engine.errors import DatabaseUnavailable
from engine.flow import moves
from engine.hooks import Hooks
from engine.model import Step
from engine.outcome import Succeeded, TaskResult
from engine.store import running
from engine.store.database import Database
from tests.support.world import World

CHAIN = {"etl.dig": "+a: {sh>: wait}\n+b: {echo>: b}\n"}


@pytest.fixture
def world(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(engine.advance, "RETRY_AFTER_ERROR", 0.01)
    world = World(database, clock)
    world.deploy(CHAIN)
    return world


class Breaking:
    """A journal whose next commits fail."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.failures = 0
        self.error: Exception = OSError("No space left on device")

    def load(self, attempt_ids: Collection[int]) -> Any:
        return self.inner.load(attempt_ids)

    def commit(self, steps: list[Step]) -> list[int]:
        if self.failures:
            self.failures -= 1
            raise self.error
        return self.inner.commit(steps)  # type: ignore[no-any-return]


def breaking(world: World) -> Breaking:
    journal = Breaking(world.advancer._journal)
    world.advancer._journal = journal
    return journal


def test_a_failed_commit_is_decided_again_from_the_rows(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = world.start("etl")
    world.run()
    breaking(world).failures = 2
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).status == "success"
    assert world.executor.ran == ["+etl+a", "+etl+b"], "nothing ran twice"
    assert caplog.text.count("did not take a step") == 2


def test_a_database_that_is_full_is_said_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = world.start("etl")
    world.run()
    journal = breaking(world)
    journal.failures, journal.error = 5, DatabaseUnavailable("The database is full")
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).status == "success"
    said = [record.getMessage() for record in caplog.records if record.exc_info is None]
    assert said == [
        "The database is full. Attempts stand still until that is over",
        "The database works again; attempts go on",
    ]
    assert "Traceback" not in caplog.text


def test_a_run_that_is_still_out_is_not_started_again(world: World) -> None:
    attempt = world.start("etl")
    world.run()
    journal = breaking(world)
    journal.failures = 1
    other = world.start("etl", retry_attempt_name="other")
    world.kill(attempt.id)  # the kill and the start fail together
    world.run()
    assert world.attempt(attempt.id).status == "killed"
    assert world.executor.ran == ["+etl+a", "+etl+a"], "one for each attempt"
    world.executor.release()
    world.run()
    assert world.attempt(other.id).status == "success"


def test_a_bug_about_one_attempt_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine.advance, "RELOAD_AFTER_BUG", 0.01)
    first = world.start("etl")
    second = world.start("etl", retry_attempt_name="second")
    world.run()
    real = moves.finish
    broken = {first.id}

    def finish(tree: Any, *args: Any) -> bool:
        if tree.attempt_id in broken:
            broken.clear()
            raise KeyError("a bug")
        return real(tree, *args)

    monkeypatch.setattr(moves, "finish", finish)
    world.executor.release()
    world.run()
    assert world.attempt(second.id).status == "success"
    assert "could not be decided" in caplog.text
    while world.attempt(first.id).status == "running":  # read again by the timer
        world.advancer.round(timeout=1)
        world.executor.release()
    assert world.attempt(first.id).status == "success"


def test_an_attempt_that_cannot_be_read_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine.advance, "RELOAD_AFTER_BUG", 0.01)
    first = world.start("etl")
    second = world.start("etl", retry_attempt_name="second")
    real = engine.advance.build
    broken = {first.id}

    def build(attempt_id: int, *args: Any, **options: Any) -> Any:
        if attempt_id in broken:
            broken.clear()
            raise KeyError("a bug")
        return real(attempt_id, *args, **options)

    monkeypatch.setattr(engine.advance, "build", build)
    world.run()
    assert world.tasks(second.id)["+etl+a"].state.label == "running"
    assert f"Attempt {first.id} could not be decided" in caplog.text
    while world.tasks(first.id)["+etl+a"].state.label != "running":  # read again by the timer
        world.advancer.round(timeout=1)


def test_a_new_owner_goes_on_and_runs_what_was_lost(world: World) -> None:
    attempt = world.start("etl")
    world.run()
    world.executor.held.clear()  # the server died with it
    world.limit(10)
    world.run()
    assert world.executor.ran == ["+etl+a", "+etl+a"]
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).status == "success"


def test_a_new_owner_does_not_run_what_was_to_be_killed(world: World) -> None:
    """The server died between the request to kill and the end of the command."""
    attempt = world.start("etl")
    world.run()
    world.executor.held.clear()
    with world.database.transaction() as tx:
        assert running.request_cancel(tx, attempt.id)
    world.limit(10)
    world.run()
    (again,) = world.executor.held
    assert again.cancel_requested, "the executor answers such a run without starting it"
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).status == "killed"


def test_a_late_outcome_of_an_ended_attempt_is_dropped(world: World) -> None:
    attempt = world.start("etl")
    world.run()
    (run,) = world.executor.held
    world.kill(attempt.id)
    world.run()
    world.advancer.post(Ended(run, Succeeded(TaskResult())))
    world.run()
    assert world.attempt(attempt.id).status == "killed"


def test_a_failing_hook_is_logged_and_forgotten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Hooks):
        def task_changed(self, task: Any) -> None:
            raise RuntimeError("hook")

    world.advancer._hooks = (Broken(),)
    attempt = world.start("etl")
    world.run()
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).status == "success"
    assert "A hook failed" in caplog.text


def test_stop_decides_what_is_there_and_returns(world: World) -> None:
    attempt = world.start("etl")
    advancer: Advancer = world.advancer
    advancer.stop()
    advancer.run()
    assert world.tasks(attempt.id)["+etl+a"].state.label == "running"


def test_quick_tasks_share_the_commit_of_what_made_them_ready(world: World) -> None:
    text = "\n".join(f"+t{i}: {{sh>: now, store: {{v: {i}}}}}" for i in range(20))
    world.deploy({"quick.dig": text})
    attempt = world.start("quick")
    journal = breaking(world)
    commits: list[int] = []
    inner = journal.inner.commit
    journal.inner = type(
        "Counting",
        (),
        {
            "load": journal.inner.load,
            "commit": lambda self, steps: commits.append(len(steps)) or inner(steps),
        },
    )()
    world.run()
    assert world.attempt(attempt.id).status == "success"
    assert len(commits) < 20
    assert world.tasks(attempt.id)["+quick+t19"].store_params == {"v": 19}


def test_a_halted_advancer_records_nothing(world: World) -> None:
    attempt = world.start("etl")
    world.run()
    world.executor.release()
    world.advancer.halt()
    assert not world.advancer.round(timeout=0)
    assert world.tasks(attempt.id)["+etl+a"].state.label == "running"
