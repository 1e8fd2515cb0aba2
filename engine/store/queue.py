"""Leases: one row for each task that is handed to an executor. `tasks.apply` writes and deletes them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from engine.store import tables as t
from engine.store.database import Tx

_Q = t.queue.c


@dataclass(frozen=True, slots=True)
class Queued:
    """A row of the queue. `server_id` None: nobody works on it."""

    task_id: int
    attempt_id: int
    retry_count: int
    server_id: int | None
    lease_expires_at: datetime | None
    created_at: datetime


def extend(tx: Tx, server_id: int, lease_until: datetime) -> int:
    """The heartbeat: all that this server holds is held until then. The number of leases."""
    query = update(t.queue).where(_Q.server_id == server_id)
    return tx.execute(query.values(lease_expires_at=lease_until)).rowcount


def release(tx: Tx, task_ids: Collection[int]) -> None:
    """Hand these back: nobody works on them."""
    query = update(t.queue).where(_Q.task_id.in_(task_ids))
    tx.execute(query.values(server_id=None, lease_expires_at=None))


def release_all(tx: Tx, server_ids: Collection[int]) -> int:
    """Hand back everything that these servers hold: they are dead. The number of leases."""
    query = update(t.queue).where(_Q.server_id.in_(server_ids))
    return tx.execute(query.values(server_id=None, lease_expires_at=None)).rowcount


def claim(tx: Tx, task_ids: Collection[int], server_id: int, lease_until: datetime) -> list[int]:
    """Take those of these rows that nobody works on; their task ids, in order of enqueueing."""
    query = (
        update(t.queue)
        .where(_Q.task_id.in_(task_ids), _Q.server_id.is_(None))
        .values(server_id=server_id, lease_expires_at=lease_until)
        .returning(_Q.created_at, _Q.task_id)
    )
    return [row.task_id for row in sorted(tx.execute(query).all())]


def of_attempts(tx: Tx, attempt_ids: Collection[int]) -> list[Queued]:
    """The rows of these attempts, in order of enqueueing."""
    query = select(*_Q).where(_Q.attempt_id.in_(attempt_ids))
    return [Queued(*row) for row in tx.execute(query.order_by(_Q.created_at, _Q.task_id))]
