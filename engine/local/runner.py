"""`digbot run`: the same engine without a server, a database or a thread of its own (engine.md §24).

The advancer runs in the caller's thread with a journal that only remembers; results of tasks are
kept in the state folder, and a task that succeeded before is answered from there.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from engine.advance import Advancer, Begin, Kill, Overdue
from engine.clock import SystemClock
from engine.dig.project import Workflow
from engine.errors import ConfigError, EngineError
from engine.executor.base import Executor, Report
from engine.flow.plan import check_limit, first_tasks
from engine.flow.tree import Limits
from engine.live import LoadedAttempt
from engine.local.select import Choice, Selection, select, subtree
from engine.local.state import StateFolder
from engine.model import Attempt, Params, Step, Task, TaskRun
from engine.outcome import Outcome, Succeeded, TaskResult
from engine.schedule.neighbours import neighbour_times
from engine.schedule.sla import deadline
from engine.states import TaskState
from engine.workflow import CompiledTask

ATTEMPT_ID = 1
PROJECT = "default"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """As on the command line. `states` None: neither read nor write state (`--no-save`)."""

    session_time: datetime
    params: Params = field(default_factory=dict)
    states: Path | None = None
    rerun: bool = False
    start: str | None = None
    goal: str | None = None
    end: str | None = None
    subtree: str | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class RunResult:
    """`failed` are (full name, message) of tasks that failed by themselves."""

    success: bool
    killed: bool
    failed: list[tuple[str, str]]
    state_path: Path | None


class Progress(Protocol):
    """What the command line shows while it runs."""

    def skipped(self, full_name: str) -> None: ...


@dataclass(slots=True)
class MemoryJournal:
    """Remembers the end. There is nothing to go back to: a run that breaks is started again."""

    attempt: LoadedAttempt | None
    tasks: tuple[Task, ...] = ()
    done: bool = False

    def load(self, attempt_ids: Collection[int]) -> list[LoadedAttempt]:
        del attempt_ids  # there is one
        loaded, self.attempt = self.attempt, None
        return [loaded] if loaded else []

    def commit(self, steps: list[Step]) -> list[int]:
        for step in steps:
            if step.end is not None:
                self.done, self.tasks = True, step.end.tasks
        return []


@dataclass(slots=True)
class SavingExecutor:
    """Answers from the state folder what succeeded before, and saves what succeeds now."""

    inner: Executor
    selection: Selection
    states: StateFolder | None
    progress: Progress
    _report: Report | None = None

    def start(self, report: Report) -> None:
        self._report = report
        self.inner.start(self._ended)

    def submit(self, runs: list[TaskRun]) -> None:
        assert self._report is not None
        for run in runs:
            known = self._known(run)
            if known is None:
                self.inner.submit([run])
            else:
                self.progress.skipped(run.full_name)
                self._report(run, Succeeded(known))

    def run_now(self, run: TaskRun) -> Outcome | None:
        """Nothing is: results are looked up, and shown, in one place."""
        del run
        return None

    def _known(self, run: TaskRun) -> TaskResult | None:
        match self.selection.of(run.full_name):
            case Choice.LEAVE_OUT:
                return TaskResult()
            case Choice.IF_NEW if self.states is not None:
                return self.states.load(run.full_name)
        return None

    def _ended(self, run: TaskRun, outcome: Outcome) -> None:
        assert self._report is not None
        if self.states is not None and isinstance(outcome, Succeeded):
            self.states.save(run.full_name, outcome.result)
        self._report(run, outcome)

    def cancel(self, attempt_id: int) -> None:
        self.inner.cancel(attempt_id)

    def stop(self, grace: float) -> list[int]:
        return self.inner.stop(grace)


def run_workflow(
    workflow: Workflow,
    options: RunOptions,
    executor: Executor,
    evaluate: Callable[[str, Params, str], str],
    progress: Progress,
) -> RunResult:
    """Run to the end; an interrupt (Ctrl-C) kills the attempt, and its commands.

    Raises `ConfigError` for patterns that match no task, `TooManyTasks`.
    """
    compiled = workflow.tasks
    if options.subtree is not None:
        compiled = subtree(compiled, options.subtree)
    check_limit(compiled, options.limits)
    states = _states(workflow, options)
    saving = SavingExecutor(executor, _selection(compiled, options), states, progress)
    journal = MemoryJournal(_attempt(workflow, compiled, options))
    advancer = Advancer(journal, saving, SystemClock(), evaluate, limits=options.limits)
    saving.start(advancer.report)
    advancer.post(Begin(ATTEMPT_ID))
    watch = _watch_deadline(workflow, advancer)
    killed = _drive(advancer, journal)
    watch.cancel()
    saving.stop(0)
    return _result(journal, killed=killed, states=states)


def _states(workflow: Workflow, options: RunOptions) -> StateFolder | None:
    if options.states is None:
        return None
    return StateFolder(options.states, options.session_time, workflow.timezone)


def _selection(compiled: tuple[CompiledTask, ...], options: RunOptions) -> Selection:
    if options.start and options.goal:
        raise ConfigError("-s, --start and -g, --goal don't work together")
    if options.rerun and (options.start or options.goal):
        raise ConfigError("-a, --rerun doesn't work together with --start or --goal")
    if options.goal and options.end:
        raise ConfigError("-g, --goal and -e, --end don't work together")
    return select(
        compiled,
        rerun=options.rerun,
        start=options.start,
        goal=options.goal,
        end=options.end,
    )


def _watch_deadline(workflow: Workflow, advancer: Advancer) -> threading.Timer:
    """A timer for the workflow's SLA; one that never fires where it has none."""
    sla = workflow.config.get("sla")
    if sla is None:
        return threading.Timer(0, lambda: None)
    now = SystemClock().now()
    seconds = (deadline(sla, workflow.timezone, now) - now).total_seconds()
    timer = threading.Timer(max(seconds, 0), advancer.post, [Overdue(ATTEMPT_ID, sla)])
    timer.daemon = True
    timer.start()
    return timer


def _drive(advancer: Advancer, journal: MemoryJournal) -> bool:
    killed = False
    while not journal.done:
        try:
            advancer.round()
            if not (journal.done or advancer.drives(ATTEMPT_ID)):
                raise EngineError("The run broke off by a mistake in digbot; the log has its trace")
        except KeyboardInterrupt:
            if killed:
                raise
            killed = True
            advancer.post(Kill(ATTEMPT_ID))
    return killed


def _attempt(
    workflow: Workflow, compiled: tuple[CompiledTask, ...], options: RunOptions
) -> LoadedAttempt:
    now = SystemClock().now()
    times = neighbour_times(workflow.config, workflow.timezone, options.session_time)
    params = {**options.params, **times}
    attempt = Attempt(
        id=ATTEMPT_ID,
        session_id=1,
        project_id=1,
        workflow_name=workflow.name,
        session_time=options.session_time,
        session_uuid=str(uuid.uuid4()),
        definition_id=1,
        revision_id=1,
        deployment_id=None,
        index=1,
        retry_attempt_name=None,
        timezone=workflow.timezone,
        params=params,
        cancel_requested=False,
        done=False,
        success=False,
        created_at=now,
        finished_at=None,
    )
    return LoadedAttempt(
        attempt=attempt,
        project_name=PROJECT,
        revision_name="local",
        archive_sha256="",
        base=params,
        tasks=first_tasks(ATTEMPT_ID, compiled, now),
        reusable={},
    )


def _result(journal: MemoryJournal, *, killed: bool, states: StateFolder | None) -> RunResult:
    root = journal.tasks[0]
    failed = [
        (task.full_name, str(task.error.get("message", "")))
        for task in journal.tasks
        if task.state is TaskState.ERROR
    ]
    success = root.state is TaskState.SUCCESS
    return RunResult(success, killed, [] if success else failed, states.path if states else None)
