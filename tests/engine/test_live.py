"""What tasks of an attempt see."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.model import TaskRun
from engine.store.database import Database
from tests.support.world import World

SEEN = """
_export:
  session_id: mine
  last_session_time: 2025-12-24T00:00:00+00:00
+a:
  sh>: wait
"""


@pytest.fixture
def run(database: Database, clock: ManualClock) -> TaskRun:
    world = World(database, clock)
    world.deploy({"etl.dig": SEEN})
    world.start("etl", params={"color": "red"})
    world.run()
    (run,) = world.executor.held
    return run


def test_parameters_of_the_start_and_the_built_in_ones(run: TaskRun) -> None:
    assert run.params["color"] == "red"
    assert run.params["task_name"] == run.full_name == "+etl+a"
    assert run.params["session_id"] == run.session_id, "an export cannot change what is built in"


def test_what_follows_from_a_time_follows_an_exported_one(run: TaskRun) -> None:
    assert run.params["last_session_time"] == "2025-12-24T00:00:00+00:00"
    assert run.params["last_session_date"] == "2025-12-24"


def test_ids_and_place(run: TaskRun) -> None:
    assert run.task_id // 1_000_000 == run.attempt_id
    assert (run.project_name, run.workflow_name, run.revision_name) == ("shop", "etl", "c" * 12)
