"""What a deploy changed: counts of tasks, next runs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.candidate import Candidate, ProjectReader
from bot.git.tree import Repository
from bot.rules import Target
from bot.settings import ProjectSettings
from bot.summary import changed_tasks, next_runs, of_branch
from engine.dig.project import load
from engine.model import Params, Schedule
from engine.operators.registry import catalog
from tests.support.git import Files, WorkTree
from tests.support.projects import DAILY, PLAIN

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def candidate(work: WorkTree, opened: Repository, files: Files) -> Candidate:
    commit = opened.commit(work.commit(files))
    reader = ProjectReader(lambda snapshot: load(snapshot, catalog=catalog()))
    target = Target("refs/heads/main", commit.id)
    return reader.read(opened, ProjectSettings("etl", "."), target, commit, commit.tree)


@pytest.mark.parametrize(
    ("after", "count"),
    [
        ({"+a": {"echo>": "1"}, "+b": {"echo>": "2"}}, 0),
        ({"+a": {"echo>": "9"}, "+b": {"echo>": "2"}}, 1),
        ({"+a": {"echo>": "1"}}, 1),
        ({"+a": {"echo>": "1"}, "+c": {"echo>": "2"}}, 2),
        ({"+a": {"echo>": "1"}, "+b": {"+c": {"echo>": "2"}}}, 2),
        ({"_export": {"x": 1}, "+a": {"echo>": "1"}, "+b": {"echo>": "2"}}, 0),
    ],
)
def test_tasks_that_differ(after: Params, count: int) -> None:
    before = {"+a": {"echo>": "1"}, "+b": {"echo>": "2"}}
    assert changed_tasks("w", before, after) == count
    assert changed_tasks("w", after, before) == count


def test_a_definition_of_another_age() -> None:
    """It cannot be compiled any more; all of the new one counts."""
    assert changed_tasks("w", {"+a": {"+": 1}}, {"+a": {"echo>": 1}}) == 1


def test_next_runs_soonest_first_in_the_zone_of_the_workflow(
    work: WorkTree, opened: Repository
) -> None:
    found = candidate(work, opened, {"daily.dig": DAILY, "b.dig": PLAIN})
    row = Schedule(1, 1, "daily", 1, NOON, NOON, None, None, None, None, None, NOON, NOON)
    rows = [
        replace(row, workflow_name="b", next_run_time=NOON.replace(hour=13)),
        row,
        replace(row, workflow_name="off", disabled_at=NOON),
    ]
    runs = next_runs(found, rows)
    assert [(run.workflow, run.at.strftime("%H:%M %z"), run.zone) for run in runs] == [
        ("daily", "13:00 +0100", "Europe/Berlin"),
        ("b", "13:00 +0000", "UTC"),
    ]


def test_a_branch_in_one_line(work: WorkTree, opened: Repository) -> None:
    base = candidate(work, opened, {"a.dig": PLAIN, "b.dig": PLAIN, "q.sql": "1"})
    head = candidate(
        work, opened, {"a.dig": PLAIN + "+x:\n  echo>: 1\n", "b.dig": None, "c.dig": PLAIN}
    )
    assert of_branch(head, base) == "  etl  + c  ~ a (1 task)  - b"
    assert of_branch(head, None) == "  etl  + a  + c"
    other = candidate(work, opened, {"q.sql": "2"})
    assert of_branch(other, head) == "  etl  other files changed"
