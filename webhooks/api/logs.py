"""Log files of an attempt (rest-api.md §12)."""

from __future__ import annotations

from flask import Blueprint, Response

from bot import wire
from engine.model import Attempt
from engine.store import sessions as store
from webhooks.api.base import services, text
from webhooks.errors import json_answer

routes = Blueprint("logs", __name__, url_prefix="/api")


@routes.get("/logs/<id:attempt_id>/files")
def list_files(attempt_id: int) -> Response:
    found = services().engine.logs.list(_attempt(attempt_id), text("task") or "")
    return json_answer(wire.collection("files", map(wire.log_file, found)))


@routes.get("/logs/<id:attempt_id>/files/<path:name>")
def get_file(attempt_id: int, name: str) -> Response:
    data = services().engine.logs.read(_attempt(attempt_id), name)
    return Response(data, content_type="application/gzip")


def _attempt(attempt_id: int) -> Attempt:
    with services().engine.database.read() as tx:
        return store.attempt(tx, attempt_id)
