"""Attempts and their tasks: list, show, start, kill (rest-api.md §11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response

from bot import wire
from engine.errors import AttemptExists
from engine.flow.resume import Resume
from engine.store import projects as project_store
from engine.store import sessions as store
from engine.store import tasks as task_store
from engine.store.sessions import AttemptRow
from webhooks.api.base import (
    flag,
    id_field,
    json_object,
    map_field,
    number,
    services,
    size,
    text,
    text_field,
)
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("attempts", __name__, url_prefix="/api")

NAME_LENGTH = 255


def shown(rows: Iterable[AttemptRow]) -> wire.Json:
    items = (wire.attempt(row.attempt, row.project_name) for row in rows)
    return wire.collection("attempts", items)


def listed() -> list[AttemptRow]:
    """What the query of a list of attempts asks for; `workflow` without `project` is ignored."""
    limit = size("page_size", services().settings.max_attempts_page_size)
    project_name = text("project")
    with services().engine.database.read() as tx:
        project_id = project_store.project_named(tx, project_name).id if project_name else None
        return store.attempts(
            tx,
            project_id=project_id,
            workflow_name=text("workflow") if project_name else None,
            include_retried=flag("include_retried"),
            last_id=number("last_id"),
            limit=limit,
        )


@routes.get("/attempts")
def list_attempts() -> Response:
    return json_answer(shown(listed()))


@routes.get("/attempts/<id:attempt_id>")
def get_attempt(attempt_id: int) -> Response:
    with services().engine.database.read() as tx:
        row = store.attempt_row(tx, attempt_id)
    return json_answer(wire.attempt(row.attempt, row.project_name))


@routes.get("/attempts/<id:attempt_id>/retries")
def list_retries(attempt_id: int) -> Response:
    with services().engine.database.read() as tx:
        attempt = store.attempt(tx, attempt_id)
        rows = store.attempts_of_session(tx, attempt.session_id)
    return json_answer(shown(rows))


@routes.get("/attempts/<id:attempt_id>/tasks")
def list_tasks(attempt_id: int) -> Response:
    with services().engine.database.read() as tx:
        store.attempt_row(tx, attempt_id)
        found = task_store.shown(tx, attempt_id)
    return json_answer(wire.collection("tasks", map(wire.task, found)))


@routes.put("/attempts")
def start() -> Response:
    """A conflict is answered with the attempt that is there already, not with an error."""
    body = json_object()
    definition_id = id_field(body, "workflowId")
    if body.get("sessionTime") is None:
        raise BadRequest("sessionTime is required")
    try:
        attempt = services().engine.start(
            definition_id=definition_id,
            session_time=wire.parse_instant(body["sessionTime"], "sessionTime"),
            params=map_field(body, "params"),
            retry_attempt_name=_attempt_name(body),
            resume=_resume(body.get("resume")),
        )
    except AttemptExists as there:
        return _answer(there.attempt_id, 409)
    return _answer(attempt.id, 200)


@routes.post("/attempts/<id:attempt_id>/kill")
def kill(attempt_id: int) -> Response:
    services().engine.kill(attempt_id)
    return _answer(attempt_id, 200)


def _answer(attempt_id: int, status: int) -> Response:
    with services().engine.database.read() as tx:
        row = store.attempt_row(tx, attempt_id)
    return json_answer(wire.attempt(row.attempt, row.project_name), status)


def _attempt_name(body: Mapping[str, Any]) -> str | None:
    name = text_field(body, "retryAttemptName")
    if name is not None and not 1 <= len(name) <= NAME_LENGTH:
        raise BadRequest(
            f"retryAttemptName must have 1 to {NAME_LENGTH} characters, but it has {len(name)}"
        )
    return name


def _resume(given: object) -> Resume | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadRequest("resume must be an object with mode and attemptId")
    mode = text_field(given, "mode")
    attempt_id = id_field(given, "attemptId")
    if mode == "failed":
        return Resume(attempt_id)
    if mode != "from":
        raise BadRequest(f'resume.mode must be "failed" or "from", but it is {mode!r}')
    pattern = text_field(given, "from")
    if not pattern:
        raise BadRequest('resume.from is required with mode "from": the name of a task')
    return Resume(attempt_id, pattern)
