"""Schedules: list, show, disable, enable, skip (rest-api.md §9, schedules.md §12 and §13)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response

from bot import wire
from engine.store import schedules as store
from engine.store.schedules import ScheduleRow
from webhooks.api.base import bool_field, json_body, number, services
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("schedules", __name__, url_prefix="/api")


def shown(rows: Iterable[ScheduleRow]) -> wire.Json:
    items = (wire.schedule(row.schedule, row.project_name, row.timezone) for row in rows)
    return wire.collection("schedules", items)


@routes.get("/schedules")
def list_schedules() -> Response:
    with services().engine.database.read() as tx:
        return json_answer(shown(store.schedule_rows(tx, last_id=number("last_id") or 0)))


@routes.get("/schedules/<id:schedule_id>")
def get_schedule(schedule_id: int) -> Response:
    row = _row(schedule_id)
    return json_answer(wire.schedule(row.schedule, row.project_name, row.timezone))


@routes.post("/schedules/<id:schedule_id>/disable")
def disable(schedule_id: int) -> Response:
    services().engine.disable_schedule(schedule_id)
    return _summary(schedule_id)


@routes.post("/schedules/<id:schedule_id>/enable")
def enable(schedule_id: int) -> Response:
    body = json_body()
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object, or absent")
    row = _row(schedule_id)
    skip = bool_field(body, "skipSchedule") or False
    next_time = None
    if skip and body.get("nextTime") is not None:
        next_time = wire.parse_local_or_instant(body["nextTime"], row.timezone, "nextTime")
    services().engine.enable_schedule(schedule_id, skip=skip, next_time=next_time)
    return _summary(schedule_id)


def _row(schedule_id: int) -> ScheduleRow:
    with services().engine.database.read() as tx:
        return store.schedule_row(tx, schedule_id)


def _summary(schedule_id: int) -> Response:
    row = _row(schedule_id)
    return json_answer(wire.schedule_summary(row.schedule, row.project_name, row.timezone))
