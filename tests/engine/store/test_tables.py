"""Every question that is asked often is answered from an index, however full the tables are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from engine.store import (
    definitions,
    projects,
    revisions,
    running,
    schedules,
    sessions,
    tasks,
    triggers,
)
from engine.store.database import Database, Tx
from tests.support.store import NOW, Shop

QUESTIONS: dict[str, Callable[[Tx], object]] = {
    "project by name": lambda tx: projects.find_project(tx, "a"),
    "projects of a repository": lambda tx: projects.projects_of_repository(tx, 1),
    "revision by name": lambda tx: revisions.find_revision(tx, 1, name="a"),
    "revision by content": lambda tx: revisions.find_revision(tx, 1, content_hash="a"),
    "revisions of a project": lambda tx: revisions.revisions_of(tx, 1),
    "last deployment": lambda tx: revisions.last_deployment(tx, 1),
    "deployment of a revision": lambda tx: revisions.last_deployment(tx, 1, revision_id=1),
    "definitions of a revision": lambda tx: definitions.definitions_of(tx, 1),
    "current definition": lambda tx: definitions.find_current_definition(tx, 1, "a"),
    "session by time": lambda tx: sessions.get_or_create_session(tx, 1, "a", NOW),
    "sessions of a project": lambda tx: sessions.sessions(tx, project_id=1),
    "sessions of a workflow": lambda tx: sessions.sessions(tx, project_id=1, workflow_name="a"),
    "sessions, next page": lambda tx: sessions.sessions(tx, last_id=1),
    "attempts of a project": lambda tx: sessions.attempts(tx, project_id=1),
    "attempts of a workflow": lambda tx: sessions.attempts(tx, project_id=1, workflow_name="a"),
    "attempts of a session": lambda tx: sessions.attempts_of_session(tx, 1),
    "attempts, next page": lambda tx: sessions.attempts(tx, last_id=1),
    "attempts at work": running.count_running,
    "unfinished attempts": running.unfinished,
    "an active attempt": lambda tx: running.has_active(tx, 1, "a"),
    "chain": lambda tx: sessions.chain(tx, 1),
    "origins": lambda tx: sessions.origins(tx, [1, 2]),
    "tasks": lambda tx: tasks.load(tx, 1),
    "tasks of attempts": lambda tx: tasks.load_all(tx, [1, 2]),
    "tasks for the API": lambda tx: tasks.shown(tx, 1),
    "due schedules": lambda tx: schedules.due(tx, NOW),
    "the next due schedule": schedules.next_due,
    "schedules of a project": lambda tx: schedules.schedules_of(tx, 1),
    "dependents": lambda tx: triggers.dependents(tx, "a", "b"),
    "pending firings": triggers.pending_firings,
    "firings to try again": lambda tx: triggers.pending_firings(tx, due=NOW),
    "the next try": triggers.next_try,
    "firings of an attempt": lambda tx: triggers.firings_of(tx, [1]),
}
# A common table expression of the question itself is read whole; partial indexes may be.
HARMLESS = ("above", "below", "USING INDEX", "USING COVERING INDEX", "CONSTANT ROW")


@contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block, with their parameters."""
    said: list[tuple[str, Any]] = []

    def record(_1: Any, _2: Any, statement: str, parameters: Any, _3: Any, _4: Any) -> None:
        said.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", record)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path_factory.mktemp('tables')}/digbot.db")
    Shop.build(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_a_whole_table(sqlite: Database, question: str) -> None:
    with sqlite.transaction() as tx:
        with recorded() as said:
            QUESTIONS[question](tx)
        plan = [
            row[3]
            for statement, parameters in said
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    whole = [
        step for step in plan if step.startswith("SCAN") and not any(ok in step for ok in HARMLESS)
    ]
    assert plan
    assert whole == []


@pytest.mark.parametrize("listed", [sessions.sessions, sessions.attempts])
def test_a_page_of_a_full_table_is_not_sorted(
    sqlite: Database, listed: Callable[..., object]
) -> None:
    """The newest hundred are the end of an index, not the best of all rows."""
    for options in ({}, {"project_id": 1}, {"project_id": 1, "workflow_name": "a"}):
        with sqlite.transaction() as tx:
            with recorded() as said:
                listed(tx, **options)
            ((statement, parameters),) = said
            explained = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert not [row[3] for row in explained if "TEMP B-TREE" in row[3]]


def test_a_list_is_one_query_however_long(database: Database) -> None:
    shop = Shop.build(database)
    with database.transaction() as tx:
        for day in range(5):
            shop.start(tx, day=day)
        for listed in (sessions.sessions, sessions.attempts, definitions.workflow_rows):
            with recorded() as said:
                assert len(listed(tx)) > 1
            assert len(said) == 1
