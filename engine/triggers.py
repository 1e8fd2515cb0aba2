"""`trigger: attempt>`: a success starts the dependents, in the same transaction (decisions.md, Triggers)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import AttemptExists, EngineError, NotFound
from engine.model import Attempt, Definition, Params, Project, Trigger, TriggerFiring
from engine.params import session_time_text
from engine.store import definitions, projects, revisions, sessions, triggers
from engine.store.database import Tx
from engine.submit import StartRequest, Submitter

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(minutes=10)  # at the latest; a slot that becomes free wakes it before
ALERT_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The attempt whose success fires."""

    attempt: Attempt
    project_name: str
    revision_name: str
    commit: str | None

    def params(self) -> Params:
        """What the downstream attempt can read as `trigger.*`."""
        attempt = self.attempt
        return {
            "attempt_id": attempt.id,
            "session_id": attempt.session_id,
            "session_time": session_time_text(attempt.session_time, attempt.timezone),
            "project_name": self.project_name,
            "workflow_name": attempt.workflow_name,
            "revision": self.revision_name,
            "commit": self.commit,
        }


def fire(tx: Tx, submitter: Submitter, attempt_id: int, now: datetime) -> list[int]:
    """For an attempt that succeeds in this transaction: write one firing per dependent and try to
    start it; ids of the attempts that began."""
    attempt = sessions.attempt(tx, attempt_id)
    project = projects.project(tx, attempt.project_id)
    wanted = triggers.dependents(tx, project.name, attempt.workflow_name)
    if not wanted:
        return []
    upstream = upstream_of(tx, attempt, project)
    begun: list[int] = []
    for firing in triggers.fire(tx, attempt.id, wanted, now=now):
        begun += _start(tx, submitter, firing, upstream, now)
    return begun


def retry_pending(tx: Tx, submitter: Submitter, now: datetime, *, freed: bool = False) -> list[int]:
    """Try again what could not start. `freed`: a slot is free, so do not wait for the time."""
    begun: list[int] = []
    for firing in triggers.pending_firings(tx, due=None if freed else now):
        attempt = sessions.attempt(tx, firing.upstream_attempt_id)
        upstream = upstream_of(tx, attempt, projects.project(tx, attempt.project_id))
        trigger = triggers.find_trigger(tx, firing.project_id, firing.workflow_name)
        if _still_wanted(trigger, upstream):
            begun += _start(tx, submitter, firing, upstream, now)
        else:
            triggers.firing_dropped(tx, firing.id, "The current revision has no such trigger")
    return begun


def _still_wanted(trigger: Trigger | None, upstream: Upstream) -> bool:
    wanted = (upstream.project_name, upstream.attempt.workflow_name)
    return trigger is not None and (trigger.upstream_project, trigger.upstream_workflow) == wanted


def upstream_of(tx: Tx, attempt: Attempt, project: Project) -> Upstream:
    revision = revisions.revision(tx, attempt.revision_id)
    deployment = revisions.deployment(tx, attempt.deployment_id) if attempt.deployment_id else None
    return Upstream(attempt, project.name, revision.name, deployment.commit if deployment else None)


def _start(
    tx: Tx, submitter: Submitter, firing: TriggerFiring, upstream: Upstream, now: datetime
) -> list[int]:
    try:
        with tx.savepoint():
            definition = definitions.find_current_definition(
                tx, firing.project_id, firing.workflow_name
            )
            if definition is None:
                raise NotFound(f"Workflow '{firing.workflow_name}' is gone")
            attempt = _submit(tx, submitter, definition, upstream, now)
    except NotFound as error:
        triggers.firing_dropped(tx, firing.id, str(error))
        return []
    except EngineError as error:
        triggers.firing_delayed(tx, firing.id, str(error), now + TRY_AGAIN)
        if now - firing.created_at > ALERT_AFTER:
            log.error(
                "Trigger of workflow %s waits since %s for its start: %s",
                firing.workflow_name,
                firing.created_at,
                error,
            )
        return []
    triggers.firing_started(tx, firing.id, attempt.id)
    return [attempt.id]


def _submit(
    tx: Tx, submitter: Submitter, definition: Definition, upstream: Upstream, now: datetime
) -> Attempt:
    """The session of the upstream's time; a further attempt of it if it exists already."""
    request = StartRequest(
        definition,
        upstream.attempt.session_time,
        params={"trigger": upstream.params()},
        triggered_by=upstream.attempt.id,
    )
    try:
        with tx.savepoint():
            return submitter.submit(tx, request, now)
    except AttemptExists:
        named = StartRequest(
            definition,
            request.session_time,
            params=request.params,
            retry_attempt_name=f"trigger-{upstream.attempt.id}",
            triggered_by=upstream.attempt.id,
        )
        return submitter.submit(tx, named, now)
