"""Projects, their revisions (content), deployments (how content became current) and definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, update

from engine.errors import Conflict, NotFound
from engine.model import Definition, Deployment, Params, Project, Revision
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import contains, insert_ignore, missing
from engine.store.types import to_json

PAGE = 100

_P = t.projects.c
_R = t.revisions.c
_D = t.definitions.c

_PROJECT = (
    _P.id, _P.name, _P.created_at, _P.deleted_at, _P.current_revision_id, _P.repository_id,
)  # fmt: skip
_REVISION = (
    _R.id, _R.project_id, _R.number, _R.name, _R.content_hash, _R.archive_sha256, _R.archive_md5,
    _R.archive_size, _R.user_info, _R.created_at,
)  # fmt: skip
_DEPLOYMENT = tuple(t.deployments.c[name] for name in Deployment.__slots__)
_DEFINITION = (
    _D.id, _D.project_id, _D.revision_id, _D.name, _D.timezone, t.definition_configs.c.config,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as the API shows it: with its current revision."""

    project: Project
    revision: Revision | None


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A definition as the API shows it."""

    definition: Definition
    project_name: str
    revision_name: str


# Projects


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
    return _one(tx, Project, query.with_for_update() if lock else query)


def project_named(tx: Tx, name: str) -> Project:
    """The living project of that name, or `NotFound`."""
    found = find_project(tx, name)
    if found is None:
        raise missing(f"project name={name}")
    return found


def project(tx: Tx, project_id: int, *, lock: bool = False) -> Project:
    """A project, living or deleted, or `NotFound`."""
    query = select(*_PROJECT).where(_P.id == project_id)
    found = _one(tx, Project, query.with_for_update() if lock else query)
    if found is None:
        raise missing(f"project id={project_id}")
    return found


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


# Revisions


def insert_revision(
    tx: Tx,
    project_id: int,
    *,
    name: str,
    content_hash: str,
    archive_sha256: str,
    archive_md5: str,
    archive_size: int,
    user_info: Params,
    now: datetime,
) -> Revision:
    """A new revision with the next number. Raises `Conflict` when the name is taken.

    The caller holds the lock of the project.
    """
    last = select(func.max(_R.number)).where(_R.project_id == project_id)
    number = (tx.execute(last).scalar() or 0) + 1
    new = insert_ignore(tx, t.revisions).values(
        project_id=project_id,
        number=number,
        name=name,
        content_hash=content_hash,
        archive_sha256=archive_sha256,
        archive_md5=archive_md5,
        archive_size=archive_size,
        user_info=user_info,
        created_at=now,
    )
    row = tx.execute(new.returning(*_REVISION)).first()
    if row is None:
        raise Conflict(f"Resource already exists: revision={name} in project id={project_id}")
    return Revision(*row)


def set_user_info(tx: Tx, revision_id: int, user_info: Params) -> None:
    tx.execute(update(t.revisions).where(_R.id == revision_id).values(user_info=user_info))


def free_revision_name(tx: Tx, project_id: int, name: str) -> str:
    """`name`, or `name-2`, `name-3` … where other revisions have it (decisions.md)."""
    like = or_(_R.name == name, func.substr(_R.name, 1, len(name) + 1) == f"{name}-")
    query = select(_R.name).where(_R.project_id == project_id, like)
    taken = set(tx.execute(query).scalars())
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def revision(tx: Tx, revision_id: int) -> Revision:
    found = _one(tx, Revision, select(*_REVISION).where(_R.id == revision_id))
    if found is None:
        raise missing(f"revision id={revision_id}")
    return found


def find_revision(
    tx: Tx,
    project_id: int,
    *,
    name: str | None = None,
    number: int | None = None,
    content_hash: str | None = None,
) -> Revision | None:
    """A revision of the project by one of these; of equal content the newest."""
    query = select(*_REVISION).where(_R.project_id == project_id)
    if name is not None:
        query = query.where(_R.name == name)
    if number is not None:
        query = query.where(_R.number == number)
    if content_hash is not None:
        query = query.where(_R.content_hash == content_hash)
    return _one(tx, Revision, query.order_by(_R.number.desc()).limit(1))


def revision_named(tx: Tx, project_id: int, name: str) -> Revision:
    found = find_revision(tx, project_id, name=name)
    if found is None:
        raise missing(f"revision name={name} in project id={project_id}")
    return found


def revisions_of_commit(tx: Tx, project_id: int, digits: str) -> list[Revision]:
    """Revisions that a commit beginning with these digits deployed, newest first."""
    c = t.deployments.c
    deployed = select(c.revision_id).where(
        c.project_id == project_id, func.substr(c.commit, 1, len(digits)) == digits
    )
    query = select(*_REVISION).where(_R.project_id == project_id, _R.id.in_(deployed))
    return [Revision(*row) for row in tx.execute(query.order_by(_R.id.desc()))]


def revisions_of(
    tx: Tx, project_id: int, *, last_id: int | None = None, limit: int | None = PAGE
) -> list[Revision]:
    """Newest first, in order of creation."""
    query = select(*_REVISION).where(_R.project_id == project_id)
    if last_id is not None:
        query = query.where(_R.id < last_id)
    query = query.order_by(_R.number.desc()).limit(limit)
    return [Revision(*row) for row in tx.execute(query)]


# Deployments


def insert_deployment(
    tx: Tx,
    project_id: int,
    revision_id: int,
    *,
    action: str,
    requested_by: str,
    now: datetime,
    repository_id: int | None = None,
    commit: str | None = None,
    ref: str | None = None,
    tag: str | None = None,
    author: str | None = None,
    subject: str | None = None,
    committed_at: datetime | None = None,
) -> Deployment:
    new = insert(t.deployments).values(
        project_id=project_id,
        revision_id=revision_id,
        action=action,
        repository_id=repository_id,
        commit=commit,
        ref=ref,
        tag=tag,
        author=author,
        subject=subject,
        committed_at=committed_at,
        requested_by=requested_by,
        created_at=now,
    )
    return Deployment(*tx.execute(new.returning(*_DEPLOYMENT)).one())


def deployment(tx: Tx, deployment_id: int) -> Deployment:
    c = t.deployments.c
    found = _one(tx, Deployment, select(*_DEPLOYMENT).where(c.id == deployment_id))
    if found is None:
        raise missing(f"deployment id={deployment_id}")
    return found


def last_deployment(
    tx: Tx, project_id: int, *, revision_id: int | None = None
) -> Deployment | None:
    """The newest deployment of the project, or of that revision of it."""
    c = t.deployments.c
    query = select(*_DEPLOYMENT).where(c.project_id == project_id)
    if revision_id is not None:
        query = query.where(c.revision_id == revision_id)
    return _one(tx, Deployment, query.order_by(c.id.desc()).limit(1))


def deployments_of(
    tx: Tx, project_id: int, *, last_id: int | None = None, limit: int | None = PAGE
) -> list[Deployment]:
    """Newest first."""
    c = t.deployments.c
    query = select(*_DEPLOYMENT).where(c.project_id == project_id)
    if last_id is not None:
        query = query.where(c.id < last_id)
    query = query.order_by(c.id.desc()).limit(limit)
    return [Deployment(*row) for row in tx.execute(query)]


# Definitions


def insert_definitions(
    tx: Tx, revision: Revision, workflows: Iterable[tuple[str, str, Params]]
) -> list[Definition]:
    """The workflows of a new revision, each (name, timezone, config); ids in the order given."""
    rows = []
    configs = []
    for name, timezone, config in workflows:
        digest = hashlib.sha256(to_json(config).encode()).hexdigest()
        configs.append({"hash": digest, "config": config})
        rows.append({"name": name, "timezone": timezone, "config_hash": digest})
    if not rows:
        return []
    tx.execute(insert_ignore(tx, t.definition_configs), configs)
    fixed = {"project_id": revision.project_id, "revision_id": revision.id}
    tx.execute(insert(t.definitions), [fixed | row for row in rows])
    return definitions_of(tx, revision.id)


def definition(tx: Tx, definition_id: int) -> Definition:
    """A workflow of any revision, also of a deleted project, or `NotFound`."""
    row = tx.execute(_ONE_DEFINITION, {"id": definition_id}).first()
    if row is None:
        raise missing(f"workflow id={definition_id}")
    return Definition(*row)


def definitions_of(tx: Tx, revision_id: int) -> list[Definition]:
    """All workflows of a revision, by id."""
    query = _definitions().where(_D.revision_id == revision_id).order_by(_D.id)
    return [Definition(*row) for row in tx.execute(query)]


def find_definition(tx: Tx, revision_id: int, name: str) -> Definition | None:
    query = _definitions().where(_D.revision_id == revision_id, _D.name == name)
    return _one(tx, Definition, query)


def find_current_definition(tx: Tx, project_id: int, name: str) -> Definition | None:
    """The workflow as the current revision of a living project has it."""
    query = _definitions().join(t.projects, _P.current_revision_id == _D.revision_id)
    query = query.where(_P.id == project_id, _P.deleted_at.is_(None), _D.name == name)
    return _one(tx, Definition, query)


def workflow_row(tx: Tx, definition_id: int) -> WorkflowRow:
    row = tx.execute(_workflow_rows().where(_D.id == definition_id)).first()
    if row is None:
        raise missing(f"workflow id={definition_id}")
    return _workflow_row(row)


def workflow_rows(
    tx: Tx,
    *,
    last_id: int | None = None,
    limit: int | None = PAGE,
    descending: bool = False,
    name_pattern: str = "",
    search_project_name: bool = False,
) -> list[WorkflowRow]:
    """Workflows of the current revisions of all living projects (rest-api.md §8)."""
    query = _workflow_rows().where(_P.current_revision_id == _R.id, _P.deleted_at.is_(None))
    found = contains(_D.name, name_pattern)
    if search_project_name:
        found = or_(found, contains(_P.name, name_pattern))
    query = query.where(found).limit(limit)
    if last_id is not None:
        query = query.where(_D.id < last_id if descending else _D.id > last_id)
    query = query.order_by(_D.id.desc() if descending else _D.id)
    return [_workflow_row(row) for row in tx.execute(query)]


def _definitions() -> Select[Any]:
    joined = t.definitions.join(t.definition_configs)
    return select(*_DEFINITION).select_from(joined)


_ONE_DEFINITION = _definitions().where(_D.id == bindparam("id"))


def _workflow_rows() -> Select[Any]:
    joined = (
        t.definitions.join(t.definition_configs)
        .join(t.revisions, _R.id == _D.revision_id)
        .join(t.projects, _P.id == _D.project_id)
    )
    return select(*_DEFINITION, _P.name, _R.name).select_from(joined)


def _workflow_row(row: Sequence[Any]) -> WorkflowRow:
    cut = len(_DEFINITION)
    return WorkflowRow(Definition(*row[:cut]), row[cut], row[cut + 1])


_Value = TypeVar("_Value")


def _one(tx: Tx, kind: Callable[..., _Value], query: Select[Any]) -> _Value | None:
    row = tx.execute(query).first()
    return None if row is None else kind(*row)
