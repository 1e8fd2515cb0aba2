"""A small filled database for tests of the store and of what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model import (
    TASK_IDS_PER_ATTEMPT,
    Attempt,
    AttemptEnd,
    Definition,
    Deployment,
    Project,
    Revision,
    Session,
    Step,
    Task,
)
from engine.states import TaskState
from engine.store import definitions, projects, revisions, sessions, tasks
from engine.store.database import Database, Tx

NOW = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)


def add_revision(tx: Tx, project: Project, name: str, **values: Any) -> Revision:
    """A revision with no content worth speaking of."""
    given = {
        "content_hash": f"hash of {name}",
        "archive_sha256": "0" * 64,
        "archive_md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "archive_size": 10,
        "user_info": {},
        "now": NOW,
        **values,
    }
    return revisions.insert_revision(tx, project.id, name=name, **given)


@dataclass(frozen=True)
class Shop:
    """The project `shop`, its revision and deployment, its workflows `etl` and `report`."""

    database: Database
    project: Project
    revision: Revision
    deployment: Deployment
    etl: Definition
    report: Definition

    @classmethod
    def build(cls, database: Database) -> Shop:
        with database.transaction() as tx:
            project = projects.insert_project(tx, "shop", now=NOW)
            revision = add_revision(tx, project, "abc123")
            etl, report = definitions.insert_definitions(
                tx,
                revision,
                [
                    ("etl", "Asia/Tokyo", {"+a": {"echo>": "a"}, "+b": {"echo>": "b"}}),
                    ("report", "UTC", {"+r": {"echo>": "r"}}),
                ],
            )
            projects.set_current(tx, project.id, revision.id)
            deployment = revisions.insert_deployment(
                tx, project.id, revision.id, action="deployed", requested_by="push", now=NOW
            )
            project = projects.project(tx, project.id)
        return cls(database, project, revision, deployment, etl, report)

    def session(self, tx: Tx, *, day: int = 0, workflow: str = "etl") -> Session:
        time = TODAY + timedelta(days=day)
        return sessions.get_or_create_session(tx, self.project.id, workflow, time)

    def start(self, tx: Tx, *, day: int = 0, workflow: str = "etl", **values: Any) -> Attempt:
        """An attempt without tasks."""
        given = {
            "definition": self.etl if workflow == "etl" else self.report,
            "deployment_id": self.deployment.id,
            "timezone": "Asia/Tokyo",
            "params": {},
            "server_id": 1,
            "now": NOW,
            **values,
        }
        return sessions.insert_attempt(tx, self.session(tx, day=day, workflow=workflow), **given)


def finish(tx: Tx, attempt: Attempt, *, success: bool = True) -> None:
    """The attempt ends, with no tasks in its archive."""
    end = AttemptEnd(attempt.id, success, NOW)
    tasks.apply(tx, [Step(attempt.id, end=end)], server_id=1, now=NOW, lease_until=NOW)


def make_task(attempt_id: int, number: int, **values: Any) -> Task:
    """Number 0 is the root."""
    first = attempt_id * TASK_IDS_PER_ATTEMPT
    given: dict[str, Any] = {
        "parent_id": first if number else None,
        "full_name": f"+etl+{number}" if number else "+etl",
        "is_group": number == 0,
        "upstreams": (),
        "waits": (),
        "window": 0,
        "local": {},
        "export": {},
        "state": TaskState.BLOCKED if number else TaskState.PLANNED,
        **values,
    }
    return Task(id=first + number, attempt_id=attempt_id, **given)
