"""Go on with what servers have left that are no more."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from engine.store import queue, running, servers
from engine.store.database import Tx
from engine.submit import LEASE

log = logging.getLogger(__name__)

SERVER_IS_DEAD = timedelta(seconds=90)  # without a heartbeat


def take_over(tx: Tx, server_id: int, now: datetime) -> list[int]:
    """Own the attempts and leases of dead servers; ids of attempts to be driven from here.

    An embedded database lies behind the lock file of one server: all others are dead.
    """
    embedded = tx.dialect == "sqlite"
    dead = servers.others(tx, server_id) if embedded else servers.dead(tx, now - SERVER_IS_DEAD)
    if not dead:
        return []
    queue.release_all(tx, dead)
    ids = running.unfinished(tx, server_ids=dead)
    running.adopt(tx, ids, server_id)
    free = [row.task_id for row in queue.of_attempts(tx, ids)]
    queue.claim(tx, free, server_id, now + LEASE)
    servers.remove(tx, dead)
    if ids:
        log.info("Going on with %d attempts of a server that stopped", len(ids))
    return ids
