"""Start an attempt, in the caller's transaction (engine.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.dig.compiler import compile_workflow
from engine.errors import ConfigError, TooManyAttempts
from engine.flow.plan import check_limit, first_tasks
from engine.flow.resume import Resume, reusable
from engine.flow.tree import Limits
from engine.model import Attempt, Definition, Params, Session, Task
from engine.params import MOST_DEPTH, session_time_text, too_deep
from engine.schedule.neighbours import neighbour_times
from engine.schedule.sla import deadline
from engine.store import projects, revisions, running, sessions, tasks
from engine.store.database import Tx

LEASE = timedelta(seconds=60)  # how long a task is held without a heartbeat


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What is asked for. `last_executed` is known to the schedule loop only; `run_time` is what an
    SLA counts from, the moment of the start unless a schedule gives another."""

    definition: Definition
    session_time: datetime
    params: Params = field(default_factory=dict)
    retry_attempt_name: str | None = None
    resume: Resume | None = None
    last_executed: datetime | None = None
    run_time: datetime | None = None
    triggered_by: int | None = None


@dataclass(frozen=True, slots=True)
class Submitter:
    """Starts attempts for one server, within its limits."""

    server_id: int
    attempt_limit: int = 1_000
    limits: Limits = Limits()

    def submit(self, tx: Tx, request: StartRequest, now: datetime) -> Attempt:
        """The new attempt with all its first tasks, ready to be driven.

        Raises `TooManyAttempts`, `TooManyTasks`, `NotFound` (project deleted), `AttemptExists`,
        `ConfigError` (parameters, resume, schedule); nothing is stored then once the caller rolls back.
        """
        definition = request.definition
        if too_deep(request.params):
            raise ConfigError(f"The parameters are nested more than {MOST_DEPTH} levels deep")
        project = projects.living_project(tx, definition.project_id)
        compiled = compile_workflow(definition.name, definition.config)
        check_limit(compiled, self.limits)
        self._check_attempts(tx)
        moment = request.session_time.replace(microsecond=0)
        session = sessions.get_or_create_session(tx, project.id, definition.name, moment)
        attempt = self._insert(tx, session, request, now)
        taken_over = resumed_tasks(tx, session, request.resume)
        tasks.insert_tasks(tx, first_tasks(attempt.id, compiled, now, taken_over), now=now)
        return attempt

    def _check_attempts(self, tx: Tx) -> None:
        count = running.count_running(tx)
        if count + 1 > self.attempt_limit:
            raise TooManyAttempts(
                f"Too many attempts running. Limit: {self.attempt_limit}, Current: {count}"
            )

    def _insert(self, tx: Tx, session: Session, request: StartRequest, now: datetime) -> Attempt:
        definition = request.definition
        deployment = revisions.last_deployment(
            tx, definition.project_id, revision_id=definition.revision_id
        )
        return sessions.insert_attempt(
            tx,
            session,
            definition=definition,
            deployment_id=deployment.id if deployment else None,
            retry_attempt_name=request.retry_attempt_name,
            timezone=definition.timezone,
            params={**request.params, **schedule_params(request)},
            server_id=self.server_id,
            triggered_by=request.triggered_by,
            resumed_from=request.resume.attempt_id if request.resume else None,
            resume=request.resume.as_params() if request.resume else None,
            run_time=request.run_time or now,
            sla_due_at=_sla_due(definition, request.run_time or now),
            now=now,
        )


def _sla_due(definition: Definition, base: datetime) -> datetime | None:
    sla = definition.config.get("sla")
    return None if sla is None else deadline(sla, definition.timezone, base)


def resumed_tasks(tx: Tx, session: Session, resume: Resume | None) -> dict[str, Task] | None:
    """Full name -> task of the resumed attempt that is taken over."""
    if resume is None:
        return None
    old = sessions.attempt(tx, resume.attempt_id)
    if old.session_id != session.id:
        raise ConfigError(
            f"Attempt {old.id} belongs to session {old.session_id}, not to session {session.id}:"
            " only an attempt of the same session can be resumed"
        )
    return reusable(_shown(tx, old.id), resume.from_)


def _shown(tx: Tx, attempt_id: int) -> Sequence[Task]:
    found = tasks.shown(tx, attempt_id)
    if not found:
        raise ConfigError(f"Attempt {attempt_id} has no tasks to resume from")
    return found


def schedule_params(request: StartRequest) -> Params:
    """`last_session_time` and its kin, for a workflow with a schedule (schedules.md §11)."""
    definition = request.definition
    params = neighbour_times(definition.config, definition.timezone, request.session_time)
    if request.last_executed is not None:
        text = session_time_text(request.last_executed, definition.timezone)
        params["last_executed_session_time"] = text
    return params
