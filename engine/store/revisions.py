"""Revisions (a project's content) and deployments (how content became current)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, insert, or_, select, update

from engine.errors import Conflict
from engine.model import Deployment, Params, Revision
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import PAGE, insert_ignore, missing, one

_R = t.revisions.c

COLUMNS = (
    _R.id, _R.project_id, _R.number, _R.name, _R.content_hash, _R.archive_sha256, _R.archive_md5,
    _R.archive_size, _R.user_info, _R.created_at,
)  # fmt: skip
_DEPLOYMENT = tuple(t.deployments.c[name] for name in Deployment.__slots__)


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
    row = tx.execute(new.returning(*COLUMNS)).first()
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
    found = one(tx, Revision, select(*COLUMNS).where(_R.id == revision_id))
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
    query = select(*COLUMNS).where(_R.project_id == project_id)
    if name is not None:
        query = query.where(_R.name == name)
    if number is not None:
        query = query.where(_R.number == number)
    if content_hash is not None:
        query = query.where(_R.content_hash == content_hash)
    return one(tx, Revision, query.order_by(_R.number.desc()).limit(1))


def revision_named(tx: Tx, project_id: int, name: str) -> Revision:
    found = find_revision(tx, project_id, name=name)
    if found is None:
        raise missing(f"revision name={name} in project id={project_id}")
    return found


def revisions_of(
    tx: Tx, project_id: int, *, last_id: int | None = None, limit: int | None = PAGE
) -> list[Revision]:
    """Newest first, in order of creation."""
    query = select(*COLUMNS).where(_R.project_id == project_id)
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
    found = one(tx, Deployment, select(*_DEPLOYMENT).where(c.id == deployment_id))
    if found is None:
        raise missing(f"deployment id={deployment_id}")
    return found


def last_deployment(
    tx: Tx, project_id: int, *, revision_id: int | None = None
) -> Deployment | None:
    """The newest deployment of the project, or of that revision of it."""
    key = {"project": project_id}
    if revision_id is None:
        return one(tx, Deployment, _LAST_DEPLOYMENT, key)
    return one(tx, Deployment, _LAST_OF_REVISION, key | {"revision": revision_id})


_LAST_DEPLOYMENT = (
    select(*_DEPLOYMENT)
    .where(t.deployments.c.project_id == bindparam("project"))
    .order_by(t.deployments.c.id.desc())
    .limit(1)
)
_LAST_OF_REVISION = _LAST_DEPLOYMENT.where(t.deployments.c.revision_id == bindparam("revision"))


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
