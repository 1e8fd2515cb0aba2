"""The schedules of current revisions: one row per project and workflow (schedules.md §8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, select, update

from engine.model import Schedule
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import PAGE, missing

_C = t.schedules.c
_SCHEDULE = tuple(_C[name] for name in Schedule.__slots__)


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as the API shows it: the zone is that of its workflow."""

    schedule: Schedule
    project_name: str
    timezone: str


def insert_schedule(
    tx: Tx,
    *,
    project_id: int,
    workflow_name: str,
    definition_id: int,
    next_run_time: datetime,
    next_schedule_time: datetime,
    now: datetime,
    disabled_at: datetime | None = None,
    disabled_reason: str | None = None,
) -> Schedule:
    new = insert(t.schedules).values(
        project_id=project_id,
        workflow_name=workflow_name,
        definition_id=definition_id,
        next_run_time=next_run_time,
        next_schedule_time=next_schedule_time,
        disabled_at=disabled_at,
        disabled_reason=disabled_reason,
        created_at=now,
        updated_at=now,
    )
    return Schedule(*tx.execute(new.returning(*_SCHEDULE)).one())


def save(tx: Tx, schedule: Schedule, *, now: datetime) -> None:
    """Write all of it but id, project, workflow and date of creation; `updated_at` becomes `now`."""
    save_all(tx, [schedule], now=now)


def save_all(tx: Tx, schedules: Sequence[Schedule], *, now: datetime) -> None:
    """`save` for many, in one statement."""
    if not schedules:
        return
    rows = [
        {"row": schedule.id, "updated_at": now} | {name: getattr(schedule, name) for name in _SAVED}
        for schedule in schedules
    ]
    query = update(t.schedules).where(_C.id == bindparam("row"))
    values: dict[str, Any] = {name: bindparam(name) for name in (*_SAVED, "updated_at")}
    tx.execute(query.values(values), rows)


_SAVED = (
    "definition_id", "next_run_time", "next_schedule_time", "last_session_time", "skipped_until",
    "disabled_at", "disabled_reason", "hidden_at",
)  # fmt: skip


def schedule(tx: Tx, schedule_id: int, *, lock: bool = False) -> Schedule:
    """A schedule that is not hidden, or `NotFound`. `lock` keeps the ticker and others off it."""
    query = select(*_SCHEDULE).where(_C.id == schedule_id, _C.hidden_at.is_(None))
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise missing(f"schedule id={schedule_id}")
    return Schedule(*row)


def schedule_row(tx: Tx, schedule_id: int) -> ScheduleRow:
    row = tx.execute(_rows().where(_C.id == schedule_id)).first()
    if row is None:
        raise missing(f"schedule id={schedule_id}")
    return _row(row)


def schedule_rows(
    tx: Tx,
    *,
    project_id: int | None = None,
    workflow_name: str | None = None,
    last_id: int = 0,
    limit: int | None = PAGE,
) -> list[ScheduleRow]:
    """Schedules that are not hidden, by id ascending."""
    query = _rows().where(_C.id > last_id)
    if project_id is not None:
        query = query.where(_C.project_id == project_id)
    if workflow_name is not None:
        query = query.where(_C.workflow_name == workflow_name)
    return [_row(row) for row in tx.execute(query.order_by(_C.id).limit(limit))]


def schedules_of(tx: Tx, project_id: int) -> dict[str, Schedule]:
    """All of a project by workflow, hidden ones too; locked, for a deploy."""
    query = select(*_SCHEDULE).where(_C.project_id == project_id).with_for_update()
    return {row.workflow_name: Schedule(*row) for row in tx.execute(query.order_by(_C.id))}


def due(tx: Tx, now: datetime, *, limit: int = PAGE) -> list[Schedule]:
    """Schedules whose run time has come, the longest overdue first.

    Locked until the end of the transaction; those that another server has locked are left out.
    """
    query = select(*_SCHEDULE).where(*_ENABLED, _C.next_run_time <= now)
    query = query.order_by(_C.next_run_time).limit(limit).with_for_update(skip_locked=True)
    return [Schedule(*row) for row in tx.execute(query)]


def enabled(tx: Tx, schedule_ids: Collection[int]) -> list[Schedule]:
    """Those of these schedules that may start sessions; locked as by `due`."""
    query = select(*_SCHEDULE).where(*_ENABLED, _C.id.in_(schedule_ids))
    query = query.order_by(_C.next_run_time).with_for_update(skip_locked=True)
    return [Schedule(*row) for row in tx.execute(query)]


def next_due(tx: Tx) -> datetime | None:
    """When the next schedule is due: until then the ticker may sleep."""
    return tx.execute(select(func.min(_C.next_run_time)).where(*_ENABLED)).scalar()


def hide(tx: Tx, schedule_ids: Collection[int], *, now: datetime) -> None:
    """The workflow or its schedule is gone; the row waits for its return."""
    query = update(t.schedules).where(_C.id.in_(schedule_ids), _C.hidden_at.is_(None))
    tx.execute(query.values(hidden_at=now, updated_at=now))


_ENABLED = (_C.disabled_at.is_(None), _C.hidden_at.is_(None))


def _rows() -> Select[Any]:
    joined = t.schedules.join(t.projects, t.projects.c.id == _C.project_id).join(
        t.definitions, t.definitions.c.id == _C.definition_id
    )
    return (
        select(*_SCHEDULE, t.projects.c.name, t.definitions.c.timezone)
        .select_from(joined)
        .where(_C.hidden_at.is_(None))
    )


def _row(row: Sequence[Any]) -> ScheduleRow:
    cut = len(_SCHEDULE)
    return ScheduleRow(Schedule(*row[:cut]), row[cut], row[cut + 1])
