"""`trigger: attempt>`: who depends on whom, and what has fired (decisions.md, "Triggers")."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from engine.model import Trigger, TriggerFiring
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import insert_ignore

_T = t.triggers.c
_F = t.trigger_firings.c
_TRIGGER = tuple(_T[name] for name in Trigger.__slots__)
_FIRING = tuple(_F[name] for name in TriggerFiring.__slots__)


# Triggers of the current revisions


def replace_triggers(tx: Tx, project_id: int, triggers: Sequence[Trigger]) -> None:
    """The triggers of a project's new current revision."""
    tx.execute(delete(t.triggers).where(_T.project_id == project_id))
    if triggers:
        rows = [
            {name: getattr(trigger, name) for name in Trigger.__slots__} for trigger in triggers
        ]
        tx.execute(insert(t.triggers), rows)


def dependents(tx: Tx, upstream_project: str, upstream_workflow: str) -> list[Trigger]:
    """What starts after a success of this workflow, in a fixed order."""
    upstream = {"project": upstream_project, "workflow": upstream_workflow}
    return [Trigger(*row) for row in tx.execute(_DEPENDENTS, upstream)]


_DEPENDENTS = (
    select(*_TRIGGER)
    .where(
        _T.upstream_project == bindparam("project"), _T.upstream_workflow == bindparam("workflow")
    )
    .order_by(_T.project_id, _T.workflow_name)
)


def find_trigger(tx: Tx, project_id: int, workflow_name: str) -> Trigger | None:
    query = select(*_TRIGGER).where(_T.project_id == project_id, _T.workflow_name == workflow_name)
    row = tx.execute(query).first()
    return None if row is None else Trigger(*row)


def all_triggers(tx: Tx) -> list[Trigger]:
    """Those of all living projects, for the search for cycles."""
    query = select(*_TRIGGER).order_by(_T.project_id, _T.workflow_name)
    return [Trigger(*row) for row in tx.execute(query)]


# Firings


def fire(
    tx: Tx, upstream_attempt_id: int, triggers: Sequence[Trigger], *, now: datetime
) -> list[TriggerFiring]:
    """A pending row per dependent; those that this attempt has fired before are left out."""
    if not triggers:
        return []
    rows = [
        {
            "upstream_attempt_id": upstream_attempt_id,
            "project_id": trigger.project_id,
            "workflow_name": trigger.workflow_name,
            "state": "pending",
            "next_try_at": now,
            "created_at": now,
        }
        for trigger in triggers
    ]
    new = insert_ignore(tx, t.trigger_firings).values(rows).returning(*_FIRING)
    return sorted((TriggerFiring(*row) for row in tx.execute(new)), key=lambda row: row.id)


def firing_started(tx: Tx, firing_id: int, attempt_id: int) -> None:
    """The downstream attempt exists."""
    _close(tx, firing_id, state="started", attempt_id=attempt_id, message=None)


def firing_dropped(tx: Tx, firing_id: int, message: str) -> None:
    """It will never start; the message is shown in the chain."""
    _close(tx, firing_id, state="dropped", attempt_id=None, message=message)


def _close(tx: Tx, firing_id: int, **values: object) -> None:
    query = update(t.trigger_firings).where(_F.id == firing_id, _F.state == "pending")
    tx.execute(query.values(next_try_at=None, **values))


def firing_delayed(tx: Tx, firing_id: int, message: str, next_try_at: datetime) -> None:
    """It could not start now; the message says why."""
    query = update(t.trigger_firings).where(_F.id == firing_id, _F.state == "pending")
    tx.execute(query.values(message=message, next_try_at=next_try_at))


def pending_firings(
    tx: Tx, *, due: datetime | None = None, limit: int = 100
) -> list[TriggerFiring]:
    """Firings that wait for their start, oldest try first; with `due` only those to try again now.

    Locked until the end of the transaction; those that another server has locked are left out.
    """
    query = select(*_FIRING).where(_F.state == "pending")
    if due is not None:
        query = query.where(_F.next_try_at <= due)
    query = query.order_by(_F.next_try_at, _F.id).limit(limit)
    return [TriggerFiring(*row) for row in tx.execute(query.with_for_update(skip_locked=True))]


def next_try(tx: Tx) -> datetime | None:
    """When the next waiting firing is to be tried again."""
    query = select(func.min(_F.next_try_at)).where(_F.state == "pending")
    return tx.execute(query).scalar()


def firings_of(tx: Tx, upstream_attempt_ids: Collection[int]) -> list[TriggerFiring]:
    """What the success of these attempts set off, by id."""
    query = select(*_FIRING).where(_F.upstream_attempt_id.in_(upstream_attempt_ids))
    return [TriggerFiring(*row) for row in tx.execute(query.order_by(_F.id))]
