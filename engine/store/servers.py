"""The servers that work on this database: who owns attempts, and who still lives."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from engine.params import EPOCH
from engine.store import tables as t
from engine.store.database import Tx

_C = t.servers.c


def register(tx: Tx, name: str, *, now: datetime) -> int:
    """A server starts; the id under which it owns attempts. Ids are never used twice."""
    new = insert(t.servers).values(name=name, started_at=now, heartbeat_at=now)
    return int(tx.execute(new.returning(_C.id)).scalar_one())


def heartbeat(tx: Tx, server_id: int, *, now: datetime) -> bool:
    """I live. False when others have declared this server dead."""
    query = update(t.servers).where(_C.id == server_id).values(heartbeat_at=now)
    return tx.execute(query).rowcount == 1


def stopped(tx: Tx, server_id: int) -> None:
    """I live no more: what is left may be taken over at once."""
    tx.execute(update(t.servers).where(_C.id == server_id).values(heartbeat_at=EPOCH))


def others(tx: Tx, server_id: int) -> list[int]:
    """All but this one. Behind a lock file these are the predecessors that died."""
    return list(tx.execute(select(_C.id).where(_C.id != server_id).order_by(_C.id)).scalars())


def dead(tx: Tx, before: datetime) -> list[int]:
    """Servers whose last heartbeat is older; locked, so that one server takes over."""
    query = select(_C.id).where(_C.heartbeat_at < before).order_by(_C.id)
    return list(tx.execute(query.with_for_update(skip_locked=True)).scalars())


def remove(tx: Tx, server_ids: Collection[int]) -> None:
    """They have stopped, or are declared dead."""
    tx.execute(delete(t.servers).where(_C.id.in_(server_ids)))
