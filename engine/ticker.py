"""The loop that watches the clock: due schedules, triggers that could not start, leases.

It sleeps until the next moment that matters and is woken when one appears before it (a deploy, an
enabled schedule, a slot that became free); it asks the database nothing in between but for the
heartbeat.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.clock import Clock
from engine.errors import AttemptExists, DatabaseUnavailable, EngineError, LimitExceeded
from engine.model import Definition, Params, Schedule
from engine.params import EPOCH
from engine.schedule.api import Scheduler
from engine.schedule.clockwork import RETRY_AFTER_ERROR, Action, after_tick, decide, postponed
from engine.store import definitions, queue, running, schedules, servers, triggers
from engine.store.database import Database, Tx
from engine.submit import LEASE, StartRequest, Submitter
from engine.takeover import take_over
from engine.timetable import at, clock_of, scheduler_of
from engine.triggers import retry_pending

log = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=20)  # a third of a lease: two may be lost
ROUND_AFTER_ERROR = 5.0  # seconds


@dataclass(slots=True)
class Ticker:
    """`begun` is told the ids of attempts that were started, after the commit; `overdue` is told of
    an attempt that missed its deadline, and its `sla:`."""

    database: Database
    clock: Clock
    submitter: Submitter
    begun: Callable[[list[int]], None]
    overdue: Callable[[int, Params], None]
    schedules_enabled: bool = True
    _wake: threading.Event = field(default_factory=threading.Event)
    _freed: threading.Event = field(default_factory=threading.Event)
    _stopping: bool = False
    _next_heartbeat: datetime | None = None
    _waiting_firings: bool = True  # may any trigger wait for its start?
    _limited: set[int] = field(default_factory=set)  # schedules that found no free slot
    _seen: datetime = EPOCH  # deadlines up to here are known to others

    def wake(self) -> None:
        """Times have changed: look at them again."""
        self._wake.set()

    def slot_freed(self) -> None:
        """An attempt ended: what waited for a slot may start."""
        if self._waiting_firings or self._limited:
            self._freed.set()
            self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Until `stop`. An error is logged, and the round is tried again."""
        while not self._stopping:
            try:
                wait = self.round()
            except DatabaseUnavailable as error:
                log.error(
                    "%s. No schedule starts; it is tried again in %d s", error, ROUND_AFTER_ERROR
                )
                wait = ROUND_AFTER_ERROR
            except Exception:
                log.exception(
                    "The clock's round failed; it is tried again in %d s", ROUND_AFTER_ERROR
                )
                wait = ROUND_AFTER_ERROR
            self._wake.wait(wait)
            self._wake.clear()

    def round(self) -> float:
        """Do all that is due; seconds until something is due again."""
        self._beat()
        if self.schedules_enabled:
            while self._fire_due():
                pass
        if self._freed.is_set():
            self._freed.clear()
            self._fire_limited()
            self._retry_triggers(freed=True)
        else:
            self._retry_triggers(freed=False)
        self._watch_deadlines()
        return self._until_next()

    # -- life ---------------------------------------------------------------------------------

    def _beat(self) -> None:
        now = self.clock.now()
        if self._next_heartbeat is not None and now < self._next_heartbeat:
            return
        with self.database.transaction() as tx:
            servers.heartbeat(tx, self.submitter.server_id, now=now)
            queue.extend(tx, self.submitter.server_id, now + LEASE)
            ids = take_over(tx, self.submitter.server_id, now)
        self.begun(ids)
        self._next_heartbeat = now + HEARTBEAT

    def _until_next(self) -> float:
        now = self.clock.now()
        assert self._next_heartbeat is not None
        moments = [self._next_heartbeat]
        with self.database.read() as tx:
            if self.schedules_enabled:
                moments += [due] if (due := schedules.next_due(tx)) else []
            waiting = triggers.next_try(tx)
            moments += [late] if (late := running.next_overdue(tx, self._seen)) else []
        self._waiting_firings = waiting is not None
        moments += [waiting] if waiting else []
        return max((min(moments) - now).total_seconds(), 0)

    # -- triggers -----------------------------------------------------------------------------

    def _retry_triggers(self, *, freed: bool) -> None:
        now = self.clock.now()
        with self.database.read() as tx:
            due = triggers.next_try(tx)
        if due is None or (due > now and not freed):
            return
        with self.database.transaction() as tx:
            begun = retry_pending(tx, self.submitter, now, freed=freed)
        self.begun(begun)

    # -- deadlines ----------------------------------------------------------------------------

    def _watch_deadlines(self) -> None:
        """Tell of each missed deadline once; the first round tells of all, after a restart."""
        now = self.clock.now()
        with self.database.read() as tx:
            due = running.next_overdue(tx, self._seen)
            missed = running.overdue(tx, now) if due is not None and due <= now else []
        for attempt_id, sla in missed:
            self.overdue(attempt_id, sla)
        self._seen = now

    # -- schedules ----------------------------------------------------------------------------

    def _fire_due(self) -> bool:
        """Handle the schedules that are due, each in a savepoint of one transaction."""
        now = self.clock.now()
        with self.database.read() as tx:
            due = schedules.next_due(tx)
        if due is None or due > now:
            return False
        return self._fire_rows(lambda tx: schedules.due(tx, now), now)

    def _fire_limited(self) -> None:
        """A slot is free: try the schedules again that found none, before their ten minutes."""
        if self._limited:
            ids, self._limited = self._limited, set()
            self._fire_rows(lambda tx: schedules.enabled(tx, ids), self.clock.now())

    def _fire_rows(self, find: Callable[[Tx], list[Schedule]], now: datetime) -> bool:
        begun: list[int] = []
        with self.database.transaction() as tx:
            rows = find(tx)
            found = definitions.definitions(tx, {row.definition_id for row in rows})
            moved = [self._fire(tx, row, found[row.definition_id], now, begun) for row in rows]
            schedules.save_all(tx, moved, now=now)
        self.begun(begun)
        return bool(rows)

    def _fire(
        self, tx: Tx, row: Schedule, definition: Definition, now: datetime, begun: list[int]
    ) -> Schedule:
        """Start one session, or not, and move the schedule on (schedules.md §10.2).

        Whatever is wrong with one schedule must not hold the others back.
        """
        clock = clock_of(row)
        try:
            scheduler = scheduler_of(definition)
            action = decide(scheduler, clock, now=now, active_attempts=_active(tx, scheduler, row))
            if action is Action.STARTED:
                action = self._start(tx, definition, row, now, begun)
            return at(row, after_tick(scheduler, clock, action, now=now))
        except Exception as error:
            log.error(
                "Schedule %d of workflow %s could not start its session; it is tried again in an"
                " hour: %s",
                row.id,
                row.workflow_name,
                error,
                exc_info=None if isinstance(error, EngineError) else error,
            )
            return at(row, postponed(clock, now=now, by=RETRY_AFTER_ERROR))

    def _start(
        self, tx: Tx, definition: Definition, row: Schedule, now: datetime, begun: list[int]
    ) -> Action:
        request = StartRequest(
            definition,
            row.next_schedule_time,
            last_executed=row.last_session_time,
            run_time=row.next_run_time,
        )
        try:
            with tx.savepoint():
                begun.append(self.submitter.submit(tx, request, now).id)
        except AttemptExists:
            pass  # someone was quicker: the session exists, which is what counts
        except LimitExceeded as error:
            log.warning("Workflow %s waits for a free slot: %s", row.workflow_name, error)
            self._limited.add(row.id)
            return Action.POSTPONED
        return Action.STARTED


def _active(tx: Tx, scheduler: Scheduler, row: Schedule) -> int:
    """Attempts of the workflow under way, if the schedule minds any."""
    if not scheduler.options.skip_on_overtime:
        return 0
    return int(running.has_active(tx, row.project_id, row.workflow_name))
