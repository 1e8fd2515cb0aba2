"""A whole engine stepped by hand: real store, real flow, a clock that stands still, no threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from engine.advance import Advancer, Begin, Kill, Overdue
from engine.clock import ManualClock
from engine.deploy import Archive, DeployRequest, DeployResult, deploy
from engine.dig.catalog import Catalog
from engine.dig.project import load
from engine.dig.source import MemoryFiles
from engine.executor.base import Report
from engine.flow.tree import Limits
from engine.journal import StoreJournal
from engine.model import Attempt, Params, Task, TaskRun
from engine.operators.registry import catalog
from engine.outcome import Failed, Later, Outcome, Succeeded, TaskResult
from engine.store import definitions, projects, running, servers, sessions, tasks
from engine.store.database import Database
from engine.submit import StartRequest, Submitter
from engine.ticker import Ticker

SESSION = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class ScriptedExecutor:
    """Ends every run at once: `fail>` fails, `sh>: wait` stays until told, the rest succeeds."""

    ran: list[str] = field(default_factory=list)
    held: list[TaskRun] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    report: Report | None = None

    def start(self, report: Report) -> None:
        self.report = report

    def submit(self, runs: list[TaskRun]) -> None:
        assert self.report is not None
        for run in runs:
            self.ran.append(run.full_name)
            if run.local.get("sh>") == "wait":
                self.held.append(run)
            else:
                self.report(run, _outcome(run))

    def run_now(self, run: TaskRun) -> Outcome | None:
        if run.local.get("sh>") != "now":
            return None
        self.ran.append(run.full_name)
        return Succeeded(TaskResult(store=run.local.get("store", {})))

    def release(self, outcome: Outcome | None = None) -> None:
        assert self.report is not None
        for run in self.held:
            self.report(run, outcome or Succeeded(TaskResult()))
        self.held.clear()

    def cancel(self, attempt_id: int) -> None:
        self.cancelled.append(attempt_id)
        mine = [run for run in self.held if run.attempt_id == attempt_id]
        self.held = [run for run in self.held if run.attempt_id != attempt_id]
        for run in mine:
            assert self.report is not None
            self.report(run, Failed({"message": "stopped"}))

    def stop(self, grace: float) -> list[int]:
        return [run.task_id for run in self.held]


def _outcome(run: TaskRun) -> Outcome:
    if "fail>" in run.local:
        return Failed({"message": run.local["fail>"]})
    if run.local.get("sh>") == "later" and run.retry_count == 0:
        return Later(30, {"polled": True})
    return Succeeded(TaskResult(store=run.local.get("store", {})))


class World:
    def __init__(self, database: Database, clock: ManualClock, **limits: Any) -> None:
        self.database = database
        self.clock = clock
        with database.transaction() as tx:
            server_id = servers.register(tx, "world", now=clock.now())
        self.submitter = Submitter(
            server_id, limits.get("attempts", 100), Limits(limits.get("tasks", 1_000))
        )
        self.executor = ScriptedExecutor()
        self.ticker = Ticker(database, clock, self.submitter, self.begun, self.overdue)
        self.advancer = self._advancer()
        self.catalog: Catalog = catalog()

    def _advancer(self) -> Advancer:
        journal = StoreJournal(
            self.database, self.clock, self.submitter, {}, self.ticker.slot_freed, self.ticker.wake
        )
        advancer = Advancer(journal, self.executor, self.clock, lambda text, scope, zone: text)
        self.executor.start(advancer.report)
        return advancer

    def limit(self, attempts: int) -> None:
        """Go on with another limit, as a restarted server would."""
        self.submitter = replace(self.submitter, attempt_limit=attempts)
        self.ticker.submitter = self.submitter
        self.advancer = self._advancer()
        with self.database.read() as tx:
            self.begun(running.unfinished(tx))

    def begun(self, ids: list[int]) -> None:
        for attempt_id in ids:
            self.advancer.post(Begin(attempt_id))

    def overdue(self, attempt_id: int, sla: Params) -> None:
        self.advancer.post(Overdue(attempt_id, sla))

    def deploy(
        self,
        files: Mapping[str, str],
        name: str = "shop",
        *,
        commit: str = "c" * 40,
        repository_id: int | None = 1,
        schedules_enabled: bool = True,
    ) -> DeployResult:
        loaded = load(
            MemoryFiles({path: text.encode() for path, text in files.items()}),
            catalog=self.catalog,
        )
        assert not loaded.errors, loaded.errors
        content = sha256(repr(sorted(files.items())).encode()).hexdigest()
        request = DeployRequest(
            project_name=name,
            loaded=loaded,
            content_hash=content,
            archive=Archive(content, "", 0),
            revision_name=commit[:12],
            repository_id=repository_id,
            commit=commit,
            ref="refs/heads/main",
            tag=None,
            author="Ada",
            subject="Change",
            committed_at=self.clock.now(),
            requested_by="push",
            schedules_enabled=schedules_enabled,
        )
        with self.database.transaction() as tx:
            return deploy(tx, request, self.clock.now())

    def start(
        self, workflow: str, project: str = "shop", at: datetime = SESSION, **options: Any
    ) -> Attempt:
        with self.database.transaction() as tx:
            found = projects.project_named(tx, project)
            definition = definitions.find_current_definition(tx, found.id, workflow)
            assert definition is not None
            request = StartRequest(definition, at, **options)
            attempt = self.submitter.submit(tx, request, self.clock.now())
        self.begun([attempt.id])
        return attempt

    def start_definition(self, definition_id: int) -> Attempt:
        """One session more, of a workflow of any revision."""
        with self.database.transaction() as tx:
            definition = definitions.definition(tx, definition_id)
            request = StartRequest(definition, SESSION + timedelta(days=definition_id))
            return self.submitter.submit(tx, request, self.clock.now())

    def kill(self, attempt_id: int) -> None:
        with self.database.transaction() as tx:
            running.request_cancel(tx, attempt_id)
        self.advancer.post(Kill(attempt_id))

    def run(self) -> None:
        """Until nothing can be decided without a task ending or time passing."""
        while self.advancer.round(timeout=0):
            pass

    def tick(self) -> float:
        """One round of the clock, then all it began; seconds until the next round."""
        wait = self.ticker.round()
        self.run()
        return wait

    def attempt(self, attempt_id: int) -> Attempt:
        with self.database.read() as tx:
            return sessions.attempt(tx, attempt_id)

    def attempts(self) -> list[Attempt]:
        """All of them, oldest first."""
        with self.database.read() as tx:
            rows = sessions.attempts(tx, include_retried=True)
        return sorted((row.attempt for row in rows), key=lambda attempt: attempt.id)

    def tasks(self, attempt_id: int) -> dict[str, Task]:
        with self.database.read() as tx:
            return {task.full_name: task for task in tasks.shown(tx, attempt_id)}
