"""Sessions and attempts. The lists of the API come from one query each.

What a start needs is made once, with `bindparam`: to make a statement takes as long as to run it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, or_, select, update

from engine.errors import AttemptExists
from engine.model import Attempt, Definition, Deployment, Params, Revision, Session
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import PAGE, insert_ignore, missing


class AttemptFlag(IntFlag):
    """Codes as Digdag's (engine.md §1)."""

    NONE = 0
    CANCEL_REQUESTED = 1
    DONE = 2
    SUCCESS = 4


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as the API shows it."""

    session: Session
    project_name: str
    last_attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as the API shows it."""

    attempt: Attempt
    project_name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What an attempt runs: the content, and what made it current."""

    revision: Revision
    deployment: Deployment | None


_P = t.projects.c
_S = t.sessions.c
_A = t.attempts.c

_SESSION = (_S.id, _S.project_id, _S.workflow_name, _S.session_time, _S.uuid, _S.last_attempt_id)
_ATTEMPT = (
    _A.id, _A.session_id, _A.project_id, _A.workflow_name, _S.session_time, _S.uuid,
    _A.definition_id, _A.revision_id, _A.deployment_id, _A.index, _A.retry_attempt_name,
    _A.timezone, _A.params, _A.flags, _A.created_at, _A.finished_at, _A.triggered_by,
    _A.resumed_from,
)  # fmt: skip
_OWN = tuple(column for column in _ATTEMPT if column.table is t.attempts)
_PLACE = Attempt.__slots__.index("session_time")  # what the session knows: its uuid follows
_REVISION = tuple(t.revisions.c[name] for name in Revision.__slots__)
_DEPLOYMENT = tuple(t.deployments.c[name] for name in Deployment.__slots__)


# Starting


def get_or_create_session(
    tx: Tx, project_id: int, workflow_name: str, session_time: datetime
) -> Session:
    """The session of that time, in whole seconds; locked until the end of the transaction."""
    time = session_time.replace(microsecond=0)
    key = {"project": project_id, "workflow": workflow_name, "time": time}
    row = tx.execute(_SESSION_AT, key).first()
    if row is None:
        values = {
            "project_id": project_id,
            "workflow_name": workflow_name,
            "session_time": time,
            "uuid": str(uuid.uuid4()),
        }
        new = insert_ignore(tx, t.sessions).returning(*_SESSION)
        row = tx.execute(new, values).first() or tx.execute(_SESSION_AT, key).one()
    return Session(*row)


_SESSION_AT = (
    select(*_SESSION)
    .where(
        _S.project_id == bindparam("project"),
        _S.workflow_name == bindparam("workflow"),
        _S.session_time == bindparam("time"),
    )
    .with_for_update()
)


def insert_attempt(
    tx: Tx,
    session: Session,
    *,
    definition: Definition,
    deployment_id: int | None,
    timezone: str,
    params: Params,
    server_id: int | None,
    now: datetime,
    retry_attempt_name: str | None = None,
    triggered_by: int | None = None,
    resumed_from: int | None = None,
    resume: Params | None = None,
    run_time: datetime | None = None,
    sla_due_at: datetime | None = None,
) -> Attempt:
    """A new attempt, which becomes the session's last. `session` comes from this transaction.

    Raises `AttemptExists` when the name is taken: by the attempt of that name, and for the unnamed
    one by the session's last (rest-api.md §11.2). `resume` is kept for `resume_of`; `run_time` is
    what an SLA counts from, `now` if not given; at `sla_due_at` it is looked at (`overdue`).
    """
    values = {
        "session_id": session.id,
        "project_id": session.project_id,
        "workflow_name": session.workflow_name,
        "definition_id": definition.id,
        "revision_id": definition.revision_id,
        "deployment_id": deployment_id,
        "index": _next_index(tx, session, retry_attempt_name or ""),
        "is_last": True,
        "retry_attempt_name": retry_attempt_name or "",
        "timezone": timezone,
        "params": params,
        "flags": AttemptFlag.NONE,
        "run_time": run_time or now,
        "created_at": now,
        "server_id": server_id,
        "triggered_by": triggered_by,
        "resumed_from": resumed_from,
        "resume": resume,
        "sla_due_at": sla_due_at,
    }
    row = tx.execute(_NEW_ATTEMPT, values).one()
    made = _attempt((*row[:_PLACE], session.session_time, session.uuid, *row[_PLACE:]))
    tx.execute(_SET_LAST, {"session": session.id, "attempt": made.id})
    if session.last_attempt_id is not None:
        tx.execute(_SET_NOT_LAST, {"attempt": session.last_attempt_id})
    return made


_NEW_ATTEMPT = insert(t.attempts).returning(*_OWN)
_SET_LAST = (
    update(t.sessions)
    .where(_S.id == bindparam("session"))
    .values(last_attempt_id=bindparam("attempt"))
)
_SET_NOT_LAST = update(t.attempts).where(_A.id == bindparam("attempt")).values(is_last=False)


def _next_index(tx: Tx, session: Session, name: str) -> int:
    if session.last_attempt_id is None:
        return 1
    query = select(_A.id, _A.index, _A.retry_attempt_name).where(
        _A.session_id == session.id,
        or_(_A.id == session.last_attempt_id, _A.retry_attempt_name == name),
    )
    found = tx.execute(query.order_by(_A.index)).all()
    last_id, last_index, _ = found[-1]
    for attempt_id, _, taken in found:
        if taken == name:
            raise AttemptExists(attempt_id if name else last_id)
    return int(last_index) + 1


# One of them


def session(tx: Tx, session_id: int) -> Session:
    row = tx.execute(select(*_SESSION).where(_S.id == session_id)).first()
    if row is None:
        raise missing(f"session id={session_id}")
    return Session(*row)


def session_row(tx: Tx, session_id: int) -> SessionRow:
    row = tx.execute(_ONE_SESSION, {"id": session_id}).first()
    if row is None:
        raise missing(f"session id={session_id}")
    return _session_row(row)


def attempt(tx: Tx, attempt_id: int) -> Attempt:
    return attempt_row(tx, attempt_id).attempt


def attempt_row(tx: Tx, attempt_id: int) -> AttemptRow:
    row = tx.execute(_ONE_ATTEMPT, {"id": attempt_id}).first()
    if row is None:
        raise missing(f"session attempt id={attempt_id}")
    return _attempt_row(row)


def attempt_rows(tx: Tx, ids: Collection[int]) -> dict[int, AttemptRow]:
    """Those that exist, by id ascending."""
    rows = tx.execute(_SOME_ATTEMPTS, {"ids": list(ids)})
    return {row[0]: _attempt_row(row) for row in rows}


def resume_of(tx: Tx, attempt_id: int) -> Params | None:
    """What `insert_attempt` was given as `resume`."""
    found: Params | None = tx.execute(select(_A.resume).where(_A.id == attempt_id)).scalar()
    return found


# Lists


def sessions(
    tx: Tx,
    *,
    project_id: int | None = None,
    workflow_name: str | None = None,
    last_id: int | None = None,
    limit: int = PAGE,
) -> list[SessionRow]:
    """Newest first, each with its last attempt. `last_id` is excluded."""
    query = _session_rows()
    if project_id is not None:
        query = query.where(_S.project_id == project_id)
    if workflow_name is not None:
        query = query.where(_S.workflow_name == workflow_name)
    if last_id is not None:
        query = query.where(_S.id < last_id)
    query = query.order_by(_S.id.desc()).limit(limit)
    return [_session_row(row) for row in tx.execute(query)]


def attempts(
    tx: Tx,
    *,
    project_id: int | None = None,
    workflow_name: str | None = None,
    session_id: int | None = None,
    include_retried: bool = False,
    last_id: int | None = None,
    limit: int = PAGE,
) -> list[AttemptRow]:
    """Newest first; of each session only the last one, unless `include_retried`."""
    query = _attempt_rows()
    if project_id is not None:
        query = query.where(_A.project_id == project_id)
    if workflow_name is not None:
        query = query.where(_A.workflow_name == workflow_name)
    if session_id is not None:
        query = query.where(_A.session_id == session_id)
    if not include_retried:
        query = query.where(_A.is_last)
    if last_id is not None:
        query = query.where(_A.id < last_id)
    query = query.order_by(_A.id.desc()).limit(limit)
    return [_attempt_row(row) for row in tx.execute(query)]


def attempts_of_session(tx: Tx, session_id: int) -> list[AttemptRow]:
    """All attempts of the session, by index."""
    query = _attempt_rows().where(_A.session_id == session_id).order_by(_A.index)
    return [_attempt_row(row) for row in tx.execute(query)]


def origins(tx: Tx, attempt_ids: Collection[int]) -> dict[int, Origin]:
    """Revision and deployment of each of these attempts."""
    cut = 1 + len(_REVISION)
    found = {}
    for row in tx.execute(_ORIGINS, {"ids": list(attempt_ids)}):
        deployment = None if row[cut] is None else Deployment(*row[cut:])
        found[row[0]] = Origin(Revision(*row[1:cut]), deployment)
    return found


_ORIGINS = (
    select(_A.id, *_REVISION, *_DEPLOYMENT)
    .select_from(
        t.attempts.join(t.revisions, t.revisions.c.id == _A.revision_id).outerjoin(
            t.deployments, t.deployments.c.id == _A.deployment_id
        )
    )
    .where(_A.id.in_(bindparam("ids", expanding=True)))
)


# Chains of triggers


def triggered_by(tx: Tx, attempt_ids: Collection[int]) -> list[AttemptRow]:
    """Attempts that the success of one of these started, by id."""
    query = _attempt_rows().where(_A.triggered_by.in_(attempt_ids)).order_by(_A.id)
    return [_attempt_row(row) for row in tx.execute(query)]


def chain(tx: Tx, attempt_id: int) -> list[AttemptRow]:
    """The whole chain that the attempt is part of: all above it and all below, by id."""
    above = select(_A.id, _A.triggered_by).where(_A.id == attempt_id).cte("above", recursive=True)
    above = above.union_all(
        select(_A.id, _A.triggered_by).join(above, _A.id == above.c.triggered_by)
    )
    first = select(func.min(above.c.id)).scalar_subquery()
    below = select(_A.id).where(_A.id == first).cte("below", recursive=True)
    below = below.union_all(select(_A.id).join(below, _A.triggered_by == below.c.id))
    query = _attempt_rows().where(_A.id.in_(select(below.c.id))).order_by(_A.id)
    return [_attempt_row(row) for row in tx.execute(query)]


# Rows to values


def _attempt_rows() -> Select[Any]:
    joined = t.attempts.join(t.sessions, _S.id == _A.session_id).join(
        t.projects, _P.id == _A.project_id
    )
    return select(*_ATTEMPT, _P.name).select_from(joined)


def _session_rows() -> Select[Any]:
    joined = t.sessions.join(t.projects, _P.id == _S.project_id).outerjoin(
        t.attempts, _A.id == _S.last_attempt_id
    )
    return select(*_ATTEMPT, _P.name, *_SESSION).select_from(joined)


_ONE_ATTEMPT = _attempt_rows().where(_A.id == bindparam("id"))
_SOME_ATTEMPTS = _attempt_rows().where(_A.id.in_(bindparam("ids", expanding=True))).order_by(_A.id)
_ONE_SESSION = _session_rows().where(_S.id == bindparam("id"))
_CUT = len(_ATTEMPT)


def _attempt_row(row: Sequence[Any]) -> AttemptRow:
    return AttemptRow(_attempt(row), row[_CUT])


def _session_row(row: Sequence[Any]) -> SessionRow:
    last = None if row[0] is None else _attempt(row)
    return SessionRow(Session(*row[_CUT + 1 :]), row[_CUT], last)


def _attempt(row: Sequence[Any]) -> Attempt:
    *before, name, timezone, params, flags, created, finished, trigger, resumed = row[:_CUT]
    cancel, done, success = (bool(flags & flag) for flag in AttemptFlag)
    values = [*before, name or None, timezone, params, cancel, done, success]
    values += [created, finished, trigger, resumed]
    return Attempt(*values)
