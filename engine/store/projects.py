"""Projects: living or deleted, and which revision of them is current."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update

from engine.errors import Conflict, NotFound
from engine.model import Project, Revision
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.revisions import COLUMNS as _REVISION
from engine.store.rows import PAGE, contains, insert_ignore, missing, one

_P = t.projects.c
_R = t.revisions.c

_PROJECT = (
    _P.id, _P.name, _P.created_at, _P.deleted_at, _P.current_revision_id, _P.repository_id,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as the API shows it: with its current revision."""

    project: Project
    revision: Revision | None


def insert_project(
    tx: Tx, name: str, *, now: datetime, repository_id: int | None = None
) -> Project:
    """A new project. Raises `Conflict` when a living one has the name."""
    new = insert_ignore(tx, t.projects).values(
        name=name, created_at=now, repository_id=repository_id
    )
    row = tx.execute(new.returning(*_PROJECT)).first()
    if row is None:
        raise Conflict(f"Resource already exists: project name={name}")
    return Project(*row)


def find_project(tx: Tx, name: str, *, lock: bool = False) -> Project | None:
    """The living project of that name. `lock` keeps other deploys of it waiting."""
    query = select(*_PROJECT).where(_P.name == name, _P.deleted_at.is_(None))
    return one(tx, Project, query.with_for_update() if lock else query)


def project_named(tx: Tx, name: str) -> Project:
    """The living project of that name, or `NotFound`."""
    found = find_project(tx, name)
    if found is None:
        raise missing(f"project name={name}")
    return found


def project(tx: Tx, project_id: int, *, lock: bool = False) -> Project:
    """A project, living or deleted, or `NotFound`."""
    query = _ONE_PROJECT.with_for_update() if lock else _ONE_PROJECT
    found = one(tx, Project, query, {"id": project_id})
    if found is None:
        raise missing(f"project id={project_id}")
    return found


_ONE_PROJECT = select(*_PROJECT).where(_P.id == bindparam("id"))


def living_project(tx: Tx, project_id: int, *, lock: bool = False) -> Project:
    """A project that is not deleted, or `NotFound`."""
    found = project(tx, project_id, lock=lock)
    if found.deleted_at is not None:
        when = found.deleted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise NotFound(f"Project id={found.id} is already deleted at {when}")
    return found


def find_projects(tx: Tx, names: Collection[str]) -> dict[str, Project]:
    """The living projects among these names."""
    query = select(*_PROJECT).where(_P.name.in_(names), _P.deleted_at.is_(None))
    return {row.name: Project(*row) for row in tx.execute(query)}


def projects(tx: Tx, ids: Collection[int]) -> dict[int, Project]:
    """Living and deleted ones, by id."""
    query = select(*_PROJECT).where(_P.id.in_(ids))
    return {row.id: Project(*row) for row in tx.execute(query)}


def projects_of_repository(tx: Tx, repository_id: int) -> list[Project]:
    """The living projects that the repository owns, by name."""
    query = select(*_PROJECT).where(_P.repository_id == repository_id, _P.deleted_at.is_(None))
    return [Project(*row) for row in tx.execute(query.order_by(_P.name))]


def project_rows(
    tx: Tx,
    *,
    name: str | None = None,
    name_pattern: str = "",
    last_id: int = 0,
    limit: int | None = PAGE,
) -> list[ProjectRow]:
    """Living projects, by id ascending; with `name` one or none."""
    query = _project_rows().where(_P.deleted_at.is_(None))
    if name is not None:
        query = query.where(_P.name == name)
    else:
        query = query.where(_P.id > last_id, contains(_P.name, name_pattern)).limit(limit)
    return [_project_row(row) for row in tx.execute(query.order_by(_P.id))]


def _project_rows() -> Select[Any]:
    joined = t.projects.outerjoin(t.revisions, _P.current_revision_id == _R.id)
    return select(*_PROJECT, *_REVISION).select_from(joined)


def _project_row(row: Sequence[Any]) -> ProjectRow:
    cut = len(_PROJECT)
    revision = None if row[cut] is None else Revision(*row[cut:])
    return ProjectRow(Project(*row[:cut]), revision)


def set_current(tx: Tx, project_id: int, revision_id: int) -> None:
    """Make this revision what runs, from this transaction's commit on."""
    tx.execute(
        update(t.projects).where(_P.id == project_id).values(current_revision_id=revision_id)
    )


def set_repository(tx: Tx, project_id: int, repository_id: int | None) -> None:
    """Change the owner of a project; None makes it one that is uploaded."""
    tx.execute(update(t.projects).where(_P.id == project_id).values(repository_id=repository_id))


def delete_project(tx: Tx, project_id: int, *, now: datetime) -> None:
    """Mark as deleted, which frees the name; schedules and triggers go, all else stays."""
    tx.execute(update(t.projects).where(_P.id == project_id).values(deleted_at=now))
    for table in (t.schedules, t.triggers):
        tx.execute(delete(table).where(table.c.project_id == project_id))
