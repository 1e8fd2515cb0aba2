"""Ours: where attempts came from, what they triggered, and what they print while they run.

Digdag's own objects may not have one field more (rest-api.md §17.1), so revision, commit and the
chain of triggers stand in objects of these routes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import Blueprint, Response

from bot import wire
from engine.store import projects, triggers
from engine.store import sessions as store
from engine.store.database import Tx
from engine.store.sessions import AttemptRow
from webhooks.api.attempts import listed
from webhooks.api.base import number, services, size
from webhooks.errors import json_answer

routes = Blueprint("origin", __name__, url_prefix="/api/digbot")


@routes.get("/attempts")
def list_attempts() -> Response:
    """As `GET /api/attempts`, and with `session=ID` all attempts of one session."""
    session_id = number("session")
    rows = listed() if session_id is None else _of_session(session_id)
    with services().engine.database.read() as tx:
        return json_answer(wire.collection("attempts", with_origin(tx, rows)))


@routes.get("/attempts/<id:attempt_id>")
def get_attempt(attempt_id: int) -> Response:
    with services().engine.database.read() as tx:
        row = store.attempt_row(tx, attempt_id)
        return json_answer(with_origin(tx, [row])[0])


@routes.get("/attempts/<id:attempt_id>/chain")
def get_chain(attempt_id: int) -> Response:
    """Every attempt that triggers link to this one, itself included, by id."""
    with services().engine.database.read() as tx:
        store.attempt_row(tx, attempt_id)
        rows = store.chain(tx, attempt_id)
        return json_answer(wire.collection("attempts", with_origin(tx, rows)))


def with_origin(tx: Tx, rows: Sequence[AttemptRow]) -> list[wire.Json]:
    """Six queries, however many attempts."""
    ids = [row.attempt.id for row in rows]
    origins = store.origins(tx, ids)
    above = store.attempt_rows(tx, [up for row in rows if (up := row.attempt.triggered_by)])
    below: dict[int, list[wire.Json]] = {}
    for row in store.triggered_by(tx, ids):
        if row.attempt.triggered_by is not None:
            below.setdefault(row.attempt.triggered_by, []).append(_link(row))
    not_started = _not_started(tx, ids)
    shown = []
    for row in rows:
        origin = origins.get(row.attempt.id)
        upstream = above.get(row.attempt.triggered_by or 0)
        shown.append(
            wire.provenance(
                wire.attempt(row.attempt, row.project_name),
                origin.revision if origin else None,
                origin.deployment if origin else None,
                triggered_by=_link(upstream) if upstream else None,
                triggered=below.get(row.attempt.id, []),
                not_started=not_started.get(row.attempt.id, []),
            )
        )
    return shown


def _not_started(tx: Tx, attempt_ids: Collection[int]) -> dict[int, list[wire.Json]]:
    """By upstream attempt: the triggers that wait for their start, or never will have one."""
    firings = [row for row in triggers.firings_of(tx, attempt_ids) if row.attempt_id is None]
    names = projects.projects(tx, {row.project_id for row in firings})
    found: dict[int, list[wire.Json]] = {}
    for row in firings:
        shown = wire.firing(row, names[row.project_id].name)
        found.setdefault(row.upstream_attempt_id, []).append(shown)
    return found


def _link(row: AttemptRow) -> wire.Json:
    return wire.attempt_link(row.attempt, row.project_name)


def _of_session(session_id: int) -> list[AttemptRow]:
    limit = size("page_size", services().settings.max_attempts_page_size)
    with services().engine.database.read() as tx:
        store.session(tx, session_id)
        return store.attempts(
            tx,
            session_id=session_id,
            include_retried=True,
            last_id=number("last_id"),
            limit=limit,
        )
