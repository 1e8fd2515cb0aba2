"""Workflows by id, and those of all projects (rest-api.md §8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound as NoSuchPath

from bot import wire
from engine.errors import NotFound
from engine.model import Definition
from engine.schedule.base import build
from engine.store import definitions, revisions
from engine.store import projects as store
from engine.zones import zone
from webhooks.api.base import flag, number, required, services, size, text
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("workflows", __name__, url_prefix="/api")

_UNITS: dict[str, Callable[[datetime], datetime]] = {
    "second": lambda time: time.replace(microsecond=0),
    "minute": lambda time: time.replace(microsecond=0, second=0),
    "hour": lambda time: time.replace(microsecond=0, second=0, minute=0, fold=0),
    "day": lambda time: time.replace(microsecond=0, second=0, minute=0, hour=0, fold=0),
}


@routes.get("/workflows")
def list_workflows() -> Response:
    order = text("order") or "asc"
    if order not in ("asc", "desc"):
        raise BadRequest("parameter 'order' must be either 'asc' or 'desc'")
    with services().engine.database.read() as tx:
        rows = definitions.workflow_rows(
            tx,
            last_id=number("last_id"),
            limit=size("count"),
            descending=order == "desc",
            name_pattern=text("name_pattern") or "",
            search_project_name=flag("search_project_name"),
        )
    shown = (wire.workflow(row.definition, row.project_name, row.revision_name) for row in rows)
    return json_answer(wire.collection("workflows", shown))


@routes.get("/workflows/<id:workflow_id>")
def get_workflow(workflow_id: int) -> Response:
    with services().engine.database.read() as tx:
        row = definitions.workflow_row(tx, workflow_id)
    return json_answer(wire.workflow(row.definition, row.project_name, row.revision_name))


@routes.get("/workflow")
def find_workflow() -> Response:
    project_name, name = required("project"), required("name")
    with services().engine.database.read() as tx:
        project = store.project_named(tx, project_name)
        if text("revision") is not None:
            revision = revisions.revision_named(tx, project.id, required("revision"))
        elif project.current_revision_id is not None:
            revision = revisions.revision(tx, project.current_revision_id)
        else:
            raise NotFound(f"Resource does not exist: workflow name={name}")
        found = definitions.find_definition(tx, revision.id, name)
    if found is None:
        raise NotFound(
            f"Resource does not exist: workflow name={name} in revision id={revision.id}"
        )
    return json_answer(wire.workflow(found, project.name, revision.name))


@routes.get("/workflows/<id:workflow_id>/truncated_session_time")
def truncate(workflow_id: int) -> Response:
    given, mode = required("session_time"), text("mode")
    with services().engine.database.read() as tx:
        row = definitions.workflow_row(tx, workflow_id)
    moment = wire.parse_local_or_instant(given, row.definition.timezone, "session_time")
    found = _truncated(row.definition, moment, mode)
    return json_answer(
        wire.truncated_session_time(row.definition, row.project_name, row.revision_name, found)
    )


def _truncated(definition: Definition, moment: datetime, mode: str | None) -> datetime:
    if mode is None:
        return moment
    if mode in _UNITS:
        return _UNITS[mode](moment.astimezone(zone(definition.timezone)))
    if mode not in ("schedule", "next_schedule"):
        known = ", ".join([*_UNITS, "schedule", "next_schedule"])
        raise NoSuchPath(f"mode={mode} is not known; there are {known}")
    config = definition.config.get("schedule")
    if not isinstance(config, dict):
        raise BadRequest(
            "session_time_truncate=schedule is set but schedule is not set to this workflow"
        )
    scheduler = build(config, definition.timezone)
    chosen = scheduler.first(moment) if mode == "schedule" else scheduler.next(moment)
    return chosen.time
