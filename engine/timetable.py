"""The rows of schedules: what a deploy and an enable do to them (schedules.md §9, 12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from engine.model import Definition, Project, Schedule
from engine.schedule.api import Scheduler
from engine.schedule.base import build
from engine.schedule.clockwork import Clockwork, after_push, skip_to
from engine.store import definitions, schedules
from engine.store.database import Tx

BY_PROJECT = "project"  # why a schedule is disabled: digbot.yml says `schedules: false`


def clock_of(row: Schedule) -> Clockwork:
    return Clockwork(
        row.next_schedule_time, row.next_run_time, row.last_session_time, row.skipped_until
    )


def at(row: Schedule, clock: Clockwork) -> Schedule:
    """The row with other times."""
    return replace(
        row,
        next_schedule_time=clock.next_schedule_time,
        next_run_time=clock.next_run_time,
        last_session_time=clock.last_session_time,
        skipped_until=clock.skipped_until,
    )


def scheduler_of(definition: Definition) -> Scheduler:
    """Raises `ScheduleError`, also for a workflow without a schedule."""
    return build(definition.config.get("schedule"), definition.timezone)


def replace_schedules(
    tx: Tx,
    project: Project,
    workflows: Iterable[Definition],
    now: datetime,
    *,
    enabled: bool = True,
    first_from: datetime | None = None,
    cleared: Collection[str] = (),
) -> tuple[list[Schedule], list[str]]:
    """The schedules of the new revision, and the names of those that are hidden now.

    A schedule's clock goes on; one that comes back is found again with its id and its disabled
    state, and goes on from now (decisions.md, Schedules and deploys).
    """
    old = schedules.schedules_of(tx, project.id)
    scheduled = {d.name: d for d in workflows if "schedule" in d.config}
    moved: list[Schedule] = []
    for name, definition in scheduled.items():
        row = old.get(name)
        clock = after_push(
            scheduler_of(definition),
            clock_of(row) if row else None,
            schedule_from=first_from or now,
            clear=name in cleared,
            returned_at=now if row and row.hidden_at else None,
        )
        if row is None:
            _insert(tx, definition, clock, now, enabled=enabled)
        else:
            shown = replace(at(row, clock), definition_id=definition.id, hidden_at=None)
            moved.append(_switched(shown, now, enabled=enabled))
    schedules.save_all(tx, moved, now=now)
    gone = [row for name, row in old.items() if name not in scheduled and row.hidden_at is None]
    schedules.hide(tx, [row.id for row in gone], now=now)
    current = schedules.schedules_of(tx, project.id).values()
    return [r for r in current if r.hidden_at is None], [row.workflow_name for row in gone]


def _switched(row: Schedule, now: datetime, *, enabled: bool) -> Schedule:
    """`schedules: false` of digbot.yml disables with a reason; only such rows are enabled again."""
    if not enabled and row.disabled_at is None:
        return replace(row, disabled_at=now, disabled_reason=BY_PROJECT)
    if enabled and row.disabled_reason == BY_PROJECT:
        return replace(row, disabled_at=None, disabled_reason=None)
    return row


def _insert(
    tx: Tx, definition: Definition, clock: Clockwork, now: datetime, *, enabled: bool
) -> None:
    schedules.insert_schedule(
        tx,
        project_id=definition.project_id,
        workflow_name=definition.name,
        definition_id=definition.id,
        next_run_time=clock.next_run_time,
        next_schedule_time=clock.next_schedule_time,
        now=now,
        disabled_at=None if enabled else now,
        disabled_reason=None if enabled else BY_PROJECT,
    )


def disable(tx: Tx, schedule_id: int, now: datetime) -> Schedule:
    row = replace(schedules.schedule(tx, schedule_id, lock=True), disabled_at=now)
    schedules.save(tx, row, now=now)
    return row


def enable(
    tx: Tx, schedule_id: int, now: datetime, *, skip_before: datetime | None = None
) -> Schedule:
    """`skip_before`: what runs before it is skipped. Raises `SkipInPast`; then it stays disabled."""
    row = schedules.schedule(tx, schedule_id, lock=True)
    if skip_before is not None:
        definition = definitions.definition(tx, row.definition_id)
        row = at(row, skip_to(scheduler_of(definition), clock_of(row), skip_before))
    row = replace(row, disabled_at=None, disabled_reason=None)
    schedules.save(tx, row, now=now)
    return row
