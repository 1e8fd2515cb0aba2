"""Attempts that are not done: how many, whose, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update

from engine.model import Params
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.sessions import AttemptFlag

_A = t.attempts.c


def count_running(tx: Tx) -> int:
    """Attempts that are not done, of all projects."""
    return int(tx.execute(_COUNT_RUNNING).scalar_one())


_COUNT_RUNNING = select(func.count()).select_from(t.attempts).where(_A.finished_at.is_(None))


def unfinished(tx: Tx, *, server_ids: Collection[int] | None = None) -> list[int]:
    """Ids of attempts that are not done, oldest first; of these owners, or of all."""
    query = select(_A.id).where(_A.finished_at.is_(None))
    if server_ids is not None:
        query = query.where(_A.server_id.in_(server_ids))
    return sorted(tx.execute(query).scalars())  # ORDER BY would make SQLite read all attempts


def adopt(tx: Tx, attempt_ids: Collection[int], server_id: int) -> None:
    """Make this server the owner of these attempts."""
    tx.execute(update(t.attempts).where(_A.id.in_(attempt_ids)).values(server_id=server_id))


def request_cancel(tx: Tx, attempt_id: int) -> bool:
    """Mark as to be killed. False when it is finished; asking again is fine."""
    flag = _A.flags.bitwise_or(int(AttemptFlag.CANCEL_REQUESTED))
    query = update(t.attempts).where(_A.id == attempt_id, _A.finished_at.is_(None))
    return tx.execute(query.values(flags=flag)).rowcount == 1


def has_active(tx: Tx, project_id: int, workflow_name: str) -> bool:
    """Does the newest attempt of a session of this workflow run, not asked to end? (schedules.md §10.2)"""
    query = select(_A.id).where(
        _A.project_id == project_id,
        _A.workflow_name == workflow_name,
        _A.finished_at.is_(None),
        _A.is_last,
        _A.flags.bitwise_and(int(AttemptFlag.CANCEL_REQUESTED)) == 0,
    )
    return tx.execute(query.limit(1)).first() is not None


# SLAs


def overdue(tx: Tx, now: datetime) -> list[tuple[int, Params]]:
    """(attempt id, its `sla:`) of running attempts whose deadline has passed, unseen so far."""
    configs = t.definition_configs
    query = (
        select(_A.id, configs.c.config)
        .join(t.definitions, t.definitions.c.id == _A.definition_id)
        .join(configs, configs.c.hash == t.definitions.c.config_hash)
        .where(_A.sla_due_at <= now)
        .order_by(_A.sla_due_at)
    )
    return [(attempt_id, config["sla"]) for attempt_id, config in tx.execute(query)]


def next_overdue(tx: Tx, after: datetime) -> datetime | None:
    """When the next SLA is to be looked at."""
    return tx.execute(select(func.min(_A.sla_due_at)).where(_A.sla_due_at > after)).scalar()
