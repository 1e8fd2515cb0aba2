"""Migrated tables are the fresh tables, and what an older version stored is still there.

Each version has a data file here: what that version wrote, as it wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from bot.store import BRANCH as BOT
from engine.states import TaskState
from engine.store import (
    definitions,
    projects,
    queue,
    revisions,
    schedules,
    secrets,
    sessions,
    tables,
    tasks,
    triggers,
)
from engine.store.crypto import SecretCrypto
from engine.store.database import ENGINE, Database
from engine.store.migrate import upgrade
from tests.support.migrations import fill

DATA = Path(__file__).with_name("engine")


@pytest.fixture(
    params=[
        "sqlite_url",
        pytest.param("new_postgres", marks=pytest.mark.postgres),
    ]
)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The address of another empty database each time."""
    if request.param == "sqlite_url":
        return lambda name: f"sqlite:///{tmp_path}/{name}.db"
    make = request.getfixturevalue("new_postgres")
    return lambda _: make()


def shape(url: str) -> dict[str, Any]:
    """All that the database says of its tables."""
    database = Database.connect(url)
    with database.read() as tx:
        found = inspect(tx.connection)
        shapes = {
            name: {
                "columns": [_column(column) for column in found.get_columns(name)],
                "key": found.get_pk_constraint(name),
                "references": _sorted(found.get_foreign_keys(name)),
                "unique": _sorted(found.get_unique_constraints(name)),
                "indexes": _sorted(found.get_indexes(name)),
            }
            for name in found.get_table_names()
        }
        shapes["options"] = _options(tx)
    database.close()
    return shapes


def _column(column: Any) -> dict[str, str]:
    return {key: str(value) for key, value in column.items()}


def _sorted(items: Any) -> list[str]:
    return sorted(json.dumps(item, default=str) for item in items)


def _options(tx: Any) -> list[tuple[Any, ...]]:
    """What the inspector does not see: ids that are never used twice, room left on pages."""
    if tx.dialect == "sqlite":
        query = "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master ORDER BY name"
    else:
        query = "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL ORDER BY 1"
    return [tuple(row) for row in tx.execute(text(query))]


def test_migrated_tables_are_the_fresh_tables(new_url: Callable[[str], str]) -> None:
    migrated, fresh = new_url("migrated"), new_url("fresh")
    branches = [ENGINE, BOT]
    upgrade(migrated, branches)
    Database.open(fresh, branches=branches).close()
    assert shape(migrated) == shape(fresh)


def test_every_version_has_its_data() -> None:
    assert sorted(path.stem for path in DATA.glob("*.json")) == ENGINE.revisions


@pytest.mark.parametrize("revision", ENGINE.revisions)
def test_what_an_older_version_stored_is_still_there(
    new_url: Callable[[str], str], revision: str
) -> None:
    url = new_url("old")
    upgrade(url, [ENGINE], revision)
    fill(url, json.loads((DATA / f"{revision}.json").read_text()))
    database = Database.open(url)
    with database.read() as tx:
        assert set(inspect(tx.connection).get_table_names()) >= set(tables.metadata.tables)
        look(tx)
    database.close()


def look(tx: Any) -> None:
    """The story that the data files of all versions tell (see `engine/README.md`)."""
    project = projects.project_named(tx, "shop")
    first, second = reversed(revisions.revisions_of(tx, project.id))
    assert project.current_revision_id == second.id
    assert (first.number, first.name) == (1, "v1.0")
    assert second.user_info == {"git": {"number": 2}}
    deployment = revisions.last_deployment(tx, project.id)
    assert deployment is not None
    assert (deployment.action, deployment.author) == ("deployed", "Zoë")
    etl = definitions.find_current_definition(tx, project.id, "etl")
    assert etl is not None
    assert etl.config == {"schedule": {"hourly>": "00:00"}, "+a": {"echo>": "${x}"}}

    done, running = reversed(sessions.attempts(tx, include_retried=True))
    assert (done.attempt.success, running.attempt.done) == (True, False)
    assert running.attempt.triggered_by == done.attempt.id
    assert [task.full_name for task in tasks.shown(tx, done.attempt.id)] == ["+etl", "+etl+a"]
    root, leaf = tasks.shown(tx, running.attempt.id)
    assert (root.state, leaf.state) == (TaskState.PLANNED, TaskState.RUNNING)
    assert leaf.local == {"echo>": "${x}"}
    assert [row.task_id for row in queue.of_attempts(tx, [running.attempt.id])] == [leaf.id]

    (row,) = schedules.schedule_rows(tx)
    assert row.schedule.last_session_time == done.attempt.session_time
    assert [trigger.upstream_workflow for trigger in triggers.all_triggers(tx)] == ["etl"]
    (firing,) = triggers.firings_of(tx, [done.attempt.id])
    assert (firing.state, firing.attempt_id) == ("started", running.attempt.id)
    cipher = SecretCrypto(bytes(16))
    assert secrets.get(tx, cipher, project.id, "pg.password") == "open sesame"
