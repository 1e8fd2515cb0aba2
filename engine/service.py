"""The engine as a whole: what the API, the bot and the command line ask for.

It wires store, executor and loops together. Every change is one transaction, and the loops hear of
it after the commit.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from engine import deploy as deploys
from engine import keyfile, timetable
from engine.advance import Advancer, Begin, Kill, Overdue
from engine.changes import Changes
from engine.clock import Clock, SystemClock
from engine.command.local import LocalCommands, stop_leftovers
from engine.deploy import Archive, DeployRequest, DeployResult, UploadRequest
from engine.errors import Conflict, InvalidProject, LimitExceeded
from engine.executor.local import LocalExecutor
from engine.executor.revisions import RevisionWorkspaces
from engine.executor.run import Services
from engine.expr.javascript import JavaScript
from engine.expr.template import evaluate_text
from engine.files.local import LocalFiles
from engine.files.logs import LogStore
from engine.flow.resume import Resume
from engine.flow.tree import Limits
from engine.hooks import Hooks
from engine.journal import StoreJournal
from engine.model import Attempt, Params, Project, Schedule
from engine.settings import Settings
from engine.store import (
    definitions,
    projects,
    queue,
    running,
    schedules,
    secrets,
    servers,
    sessions,
)
from engine.store.crypto import SecretCrypto
from engine.store.database import Database, Tx
from engine.submit import StartRequest, Submitter
from engine.takeover import take_over
from engine.ticker import Ticker

MOST_UPLOADED = 20_000  # files of an upload; what unpacking may take in memory follows from it


class Engine:
    """One server's engine. Reads need nothing but `database`; `run` starts the loops.

    `uploads_allowed` says whether a project that follows a repository takes uploads as well; the
    bot, who knows the rules, replaces it.
    """

    def __init__(
        self,
        database: Database,
        data_dir: Path,
        *,
        settings: Settings = Settings(),
        clock: Clock | None = None,
        hooks: Iterable[Hooks] = (),
    ) -> None:
        self.database = database
        self.data_dir = data_dir
        self.settings = settings
        self.clock = clock or SystemClock()
        self.changes = Changes()
        self.files = LocalFiles(data_dir / "files")
        self.logs = LogStore(data_dir / "logs")
        self.uploads_allowed: Callable[[Project], bool] = lambda project: (
            project.repository_id is None
        )
        self._hooks = (self.changes, *hooks)
        self._submitter = self._register()
        self._javascript = JavaScript()
        self._executor = LocalExecutor(self._services(), max_tasks=settings.max_task_threads)
        self._ticker = Ticker(
            database,
            self.clock,
            self._submitter,
            self.begun,
            lambda attempt_id, sla: self._advancer.post(Overdue(attempt_id, sla)),
            schedules_enabled=settings.scheduler_enabled,
        )
        self._advancer = self._make_advancer()
        self._threads: list[threading.Thread] = []

    @cached_property
    def secret_crypto(self) -> SecretCrypto:
        """Encrypts and decrypts secrets; the key is read, or made, at the first use."""
        configured = self.settings.secret_key
        return SecretCrypto.from_base64(
            configured or keyfile.read_or_make(self.data_dir / "secret.key")
        )

    def _secret(self, project_id: int, key: str) -> str | None:
        with self.database.read() as tx:
            return secrets.get(tx, self.secret_crypto, project_id, key)

    def _services(self) -> Services:
        return Services(
            javascript=self._javascript,
            workspaces=RevisionWorkspaces(self.data_dir / "workspaces", self.files),
            logs=self.logs,
            commands=LocalCommands(self.data_dir / "run"),
            secrets=self._secret,
            clock=self.clock,
        )

    def _make_advancer(self) -> Advancer:
        journal = StoreJournal(
            self.database,
            self.clock,
            self._submitter,
            self.settings.default_params,
            self._ticker.slot_freed,
            self._ticker.wake,
        )
        return Advancer(
            journal,
            self._executor,
            self.clock,
            self._evaluate,
            limits=self._submitter.limits,
            hooks=self._hooks,
        )

    def _evaluate(self, text: str, scope: Params, timezone: str) -> str:
        return evaluate_text(text, scope, javascript=self._javascript, timezone=timezone)

    def _register(self) -> Submitter:
        name = f"{os.getpid()}@{socket.gethostname()}"
        with self.database.transaction() as tx:
            server_id = servers.register(tx, name, now=self.clock.now())
        limits = Limits(tasks=self.settings.task_limit)
        return Submitter(server_id, self.settings.attempt_limit, limits)

    # -- life ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Go on where the last server stopped, and start the loops."""
        stop_leftovers(self.data_dir / "run")
        self._executor.start(self._advancer.report)
        with self.database.transaction() as tx:
            ids = take_over(tx, self._submitter.server_id, self.clock.now())
        self.begun(ids)
        loops = {"advancer": self._advancer.run, "ticker": self._ticker.run}
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in loops.items()
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, grace: float) -> None:
        """No new tasks; the running ones have `grace` seconds, then they are handed back."""
        self._ticker.stop()
        unfinished = self._executor.stop(grace)
        self._advancer.stop()
        for thread in self._threads:
            thread.join()
        with self.database.transaction() as tx:
            queue.release(tx, unfinished)
            servers.stopped(tx, self._submitter.server_id)
        self.changes.close()

    def abandon(self) -> None:
        """End all commands without recording anything: the process exits now, and the next server
        runs them again. Safe in a signal handler."""
        self._advancer.halt()
        self._executor.kill_all()

    def begun(self, attempt_ids: Iterable[int]) -> None:
        """Drive attempts whose rows are committed."""
        for attempt_id in attempt_ids:
            self._advancer.post(Begin(attempt_id))

    def times_changed(self) -> None:
        """A schedule has other times than before, in a transaction that is committed."""
        self._ticker.wake()

    # -- projects -----------------------------------------------------------------------------

    def deploy(self, tx: Tx, request: DeployRequest) -> DeployResult:
        """Make a commit's content the project's current revision, in the caller's transaction."""
        result = deploys.deploy(tx, request, self.clock.now())
        tx.after_commit(self.times_changed)
        return result

    def upload(self, request: UploadRequest) -> Project:
        """Store what a Digdag client pushes (rest-api.md §6).

        Raises `InvalidProject` with all problems, `LimitExceeded`, `Conflict`, `ConfigError`.
        """
        from engine.dig.project import load
        from engine.files.archive import ArchiveFiles, read
        from engine.files.archive import Limits as ArchiveLimits
        from engine.operators.registry import catalog

        limit = self.settings.upload_limit
        if len(request.archive) > limit:
            raise LimitExceeded(f"Size of the uploaded archive file exceeds limit ({limit} bytes)")
        entries = read(request.archive, ArchiveLimits(limit, limit, entries=MOST_UPLOADED))
        loaded = load(ArchiveFiles(entries), catalog=catalog(), strict=False)
        if loaded.errors:
            raise InvalidProject(list(loaded.errors))
        archive = Archive.of(self.files.put(request.archive), request.archive)
        with self.database.transaction() as tx:
            project = projects.find_project(tx, request.project_name)
            if project is not None and not self.uploads_allowed(project):
                raise Conflict(
                    f"Project '{project.name}' follows a repository: push there, or set"
                    " `uploads: allow` in digbot.yml"
                )
            made = deploys.upload(tx, request, loaded, archive, self.clock.now())
            tx.after_commit(self.times_changed)
        return made

    def delete_project(self, project_id: int) -> Project:
        """Mark it deleted, hide its schedules; the project as it was before."""
        now = self.clock.now()
        with self.database.transaction() as tx:
            project = projects.living_project(tx, project_id, lock=True)
            rows = schedules.schedules_of(tx, project_id)
            schedules.hide(tx, [row.id for row in rows.values()], now=now)
            deploys.replace_triggers(tx, project, ())
            projects.delete_project(tx, project_id, now=now)
            tx.after_commit(self.times_changed)
        return project

    # -- schedules ----------------------------------------------------------------------------

    def disable_schedule(self, schedule_id: int) -> Schedule:
        with self.database.transaction() as tx:
            return timetable.disable(tx, schedule_id, self.clock.now())

    def enable_schedule(
        self, schedule_id: int, *, skip: bool = False, next_time: datetime | None = None
    ) -> Schedule:
        """`skip`: sessions that run before `next_time`, or now, are skipped. Raises `SkipInPast`."""
        now = self.clock.now()
        with self.database.transaction() as tx:
            tx.after_commit(self.times_changed)
            before = (next_time or now) if skip else None
            return timetable.enable(tx, schedule_id, now, skip_before=before)

    # -- attempts -----------------------------------------------------------------------------

    def start(
        self,
        *,
        definition_id: int,
        session_time: datetime,
        params: Params,
        retry_attempt_name: str | None = None,
        resume: Resume | None = None,
    ) -> Attempt:
        """Raises `AttemptExists`, `TooManyAttempts`, `TooManyTasks`, `NotFound`, `ConfigError`."""
        with self.database.transaction() as tx:
            request = StartRequest(
                definitions.definition(tx, definition_id),
                session_time,
                params,
                retry_attempt_name,
                resume,
            )
            attempt = self._submitter.submit(tx, request, self.clock.now())
            tx.after_commit(lambda: self.begun([attempt.id]))
            if "sla" in request.definition.config:
                tx.after_commit(self.times_changed)
        return attempt

    def kill(self, attempt_id: int) -> Attempt:
        """Ask an attempt to end, at any state. Raises `Conflict` when it has ended."""
        with self.database.transaction() as tx:
            attempt = sessions.attempt(tx, attempt_id)
            if not running.request_cancel(tx, attempt_id):
                raise Conflict("Session attempt already killed or finished")
            tx.after_commit(lambda: self._advancer.post(Kill(attempt_id)))
        return replace(attempt, cancel_requested=True)
