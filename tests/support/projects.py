"""Small projects, as text, and what the store holds of them."""

from __future__ import annotations

from engine.model import Deployment, Revision, Schedule
from engine.store import projects, schedules, triggers
from engine.store import revisions as stored
from engine.store.database import Database

DAILY = """\
timezone: Europe/Berlin
schedule:
  daily>: 07:00:00

+load:
  echo>: hi
"""
SUM = """\
trigger:
  attempt>:
  dependent_project_name: etl
  dependent_workflow_name: daily

+sum:
  echo>: sum
"""
PLAIN = "+a:\n  echo>: a\n"
BROKEN = "+a:\n  ech>: a\n"


def current(database: Database, name: str) -> Revision | None:
    """The current revision of a project; None when there is no such project."""
    with database.read() as tx:
        project = projects.find_project(tx, name)
        if project is None or project.current_revision_id is None:
            return None
        return stored.revision(tx, project.current_revision_id)


def revisions(database: Database, name: str) -> list[Revision]:
    """Oldest first."""
    with database.read() as tx:
        return stored.revisions_of(tx, projects.project_named(tx, name).id)[::-1]


def deployments(database: Database, name: str) -> list[Deployment]:
    """Oldest first."""
    with database.read() as tx:
        return stored.deployments_of(tx, projects.project_named(tx, name).id)[::-1]


def actions(database: Database, name: str) -> list[str]:
    """How each deployment came about, oldest first."""
    return [deployment.action for deployment in deployments(database, name)]


def visible_schedules(database: Database, name: str) -> list[Schedule]:
    with database.read() as tx:
        found = schedules.schedules_of(tx, projects.project_named(tx, name).id)
    return [row for row in found.values() if row.hidden_at is None]


def waiting_for(database: Database, name: str) -> list[str]:
    """Workflows that have a trigger in the store."""
    with database.read() as tx:
        project = projects.project_named(tx, name)
        return [t.workflow_name for t in triggers.all_triggers(tx) if t.project_id == project.id]
