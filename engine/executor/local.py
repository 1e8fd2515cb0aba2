"""Threads of this process that run tasks, as many as have something to do.

At most `threads` work at a time; those that wait for a command do not count, so a task that sleeps
keeps no other from running. An idle pool costs nothing: no thread ever looks for work by the clock.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from dataclasses import dataclass

from engine.command.blocking import attach
from engine.executor.base import Report
from engine.executor.context import Services
from engine.executor.inline import is_quick
from engine.executor.run import cancelled, run_task, unexpected_error
from engine.model import TaskRun
from engine.outcome import Failed, Outcome

_log = logging.getLogger(__name__)
_MOST_TASKS = 1_000  # at once, where no limit is set: each may be a process
_KILL_TIME = 10.0  # seconds that stopped commands may take to be gone


@dataclass(slots=True, eq=False)
class _Active:
    run: TaskRun
    reporting: bool = False
    handed_back: bool = False


class LocalExecutor:
    """`threads`: how many work at once, by default twice the processors and at least 4.

    `max_tasks`: how many tasks may be under way, those that wait for a command included; 0 for
    what a machine bears.
    """

    def __init__(
        self, services: Services, *, threads: int | None = None, max_tasks: int = 0
    ) -> None:
        self._services = services
        self._base = threads or max(4, 2 * (os.cpu_count() or 1))
        self._most = max_tasks or _MOST_TASKS
        self._report: Report | None = None
        self._changed = threading.Condition()
        # All below is guarded by it.
        self._queue: deque[TaskRun] = deque()
        self._active: set[_Active] = set()
        self._cancelled: set[int] = set()  # attempts with active runs
        self._idle = 0  # threads that wait for a run, or begin
        self._working = 0  # threads that run one and do not wait for a command
        self._begun = 0
        self._stopping = False

    def start(self, report: Report) -> None:
        self._report = report

    def submit(self, runs: list[TaskRun]) -> None:
        with self._changed:
            if not self._stopping:
                self._queue.extend(runs)
                self._employ()

    def run_now(self, run: TaskRun) -> Outcome | None:
        if self._stopping or not is_quick(run):
            return None
        return run_task(run, self._services)

    def _employ(self) -> None:
        """Wake or begin as many threads as there is work and room for.

        A thread that ends a run takes the next one itself, so this is only called when runs come
        and when a thread blocks.
        """
        room = min(len(self._queue), self._base - self._working, self._most - len(self._active))
        if room <= 0:
            return
        self._changed.notify(room)
        for _ in range(room - self._idle):
            self._begin_thread()

    def _begin_thread(self) -> None:
        self._begun += 1
        thread = threading.Thread(target=self._work, name=f"task-{self._begun}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            _log.warning(
                "No more threads can be started; tasks wait for the %s there are", self._begun
            )
        else:
            self._idle += 1

    def _work(self) -> None:
        attach(self)
        while (active := self._next()) is not None:
            self._execute(active)

    def _next(self) -> _Active | None:
        """The next run; None when this thread is no longer needed."""
        with self._changed:
            while not self._may_take():
                if self._stopping or self._idle > self._base:
                    self._idle -= 1
                    return None
                self._changed.wait()
            self._idle -= 1
            self._working += 1
            active = _Active(self._queue.popleft())
            self._active.add(active)
            return active

    def _may_take(self) -> bool:
        return bool(self._queue) and self._working < self._base and len(self._active) < self._most

    def _execute(self, active: _Active) -> None:
        try:
            outcome = run_task(active.run, self._services)
        except BaseException as error:  # a run is never lost, whatever an operator does
            _log.exception("The task %s ended unexpectedly", active.run.full_name)
            outcome = Failed(unexpected_error(error))
        with self._changed:
            active.reporting = not active.handed_back
        if active.reporting:
            self._tell(active.run, outcome)
        self._leave(active)

    def _tell(self, run: TaskRun, outcome: Outcome) -> None:
        try:
            assert self._report is not None
            self._report(run, outcome)
        except Exception:
            _log.exception("The end of the task %s could not be reported", run.full_name)

    def _leave(self, active: _Active) -> None:
        attempt_id = active.run.attempt_id
        with self._changed:
            self._active.discard(active)
            self._working -= 1
            self._idle += 1
            if attempt_id in self._cancelled and not self._runs_of(attempt_id):
                self._cancelled.discard(attempt_id)
                self._services.commands.forget(attempt_id)
            if self._stopping:
                self._changed.notify_all()

    def _runs_of(self, attempt_id: int) -> bool:
        return any(active.run.attempt_id == attempt_id for active in self._active)

    def thread_blocks(self) -> None:
        with self._changed:
            self._working -= 1
            self._employ()

    def thread_continues(self) -> None:
        with self._changed:
            self._working += 1

    def cancel(self, attempt_id: int) -> None:
        with self._changed:
            waiting = [run for run in self._queue if run.attempt_id == attempt_id]
            if waiting:
                self._queue = deque(run for run in self._queue if run.attempt_id != attempt_id)
            if self._runs_of(attempt_id):
                self._cancelled.add(attempt_id)
                self._services.commands.cancel(attempt_id)
        for run in waiting:
            self._tell(run, cancelled(run))

    def stop(self, grace: float) -> list[int]:
        with self._changed:
            self._stopping = True
            back = [run.task_id for run in self._queue]
            self._queue.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._active, grace)
            left = [active for active in self._active if not active.reporting]
            for active in left:
                active.handed_back = True
            for attempt_id in {active.run.attempt_id for active in left}:
                self._cancelled.add(attempt_id)
                self._services.commands.cancel(attempt_id)
            self._changed.wait_for(lambda: not self._active, _KILL_TIME if left else grace)
        return back + [active.run.task_id for active in left]

    def kill_all(self) -> None:
        """End all commands at once, for a server that exits without waiting. Safe in a handler."""
        self._services.commands.kill_all()
