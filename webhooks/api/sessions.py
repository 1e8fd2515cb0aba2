"""Sessions (rest-api.md §10)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response

from bot import wire
from engine.store import sessions as store
from engine.store.sessions import SessionRow
from webhooks.api.attempts import shown as shown_attempts
from webhooks.api.base import number, services, size
from webhooks.errors import json_answer

routes = Blueprint("sessions", __name__, url_prefix="/api")


def shown(rows: Iterable[SessionRow]) -> wire.Json:
    items = (
        wire.session(row.session, row.last_attempt, row.project_name)
        for row in rows
        if row.last_attempt is not None  # a session is made together with its first attempt
    )
    return wire.collection("sessions", items)


@routes.get("/sessions")
def list_sessions() -> Response:
    limit = size("page_size", services().settings.max_sessions_page_size)
    with services().engine.database.read() as tx:
        rows = store.sessions(tx, last_id=number("last_id"), limit=limit)
    return json_answer(shown(rows))


@routes.get("/sessions/<id:session_id>")
def get_session(session_id: int) -> Response:
    with services().engine.database.read() as tx:
        row = store.session_row(tx, session_id)
    assert row.last_attempt is not None
    return json_answer(wire.session(row.session, row.last_attempt, row.project_name))


@routes.get("/sessions/<id:session_id>/attempts")
def list_attempts(session_id: int) -> Response:
    limit = size("page_size", services().settings.max_attempts_page_size)
    with services().engine.database.read() as tx:
        store.session(tx, session_id)
        rows = store.attempts(
            tx,
            session_id=session_id,
            include_retried=True,
            last_id=number("last_id"),
            limit=limit,
        )
    return json_answer(shown_attempts(rows))
