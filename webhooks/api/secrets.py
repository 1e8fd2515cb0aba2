"""Secrets of a project: set, list names, delete; values are never shown (rest-api.md §7)."""

from __future__ import annotations

from flask import Blueprint, Response

from bot import wire
from engine.secrets import MAX_VALUE, valid_key
from engine.store import projects as project_store
from engine.store import secrets as store
from webhooks.api.base import json_object, services
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("secrets", __name__, url_prefix="/api")


@routes.get("/projects/<id:project_id>/secrets")
def list_secrets(project_id: int) -> Response:
    with services().engine.database.read() as tx:
        project_store.living_project(tx, project_id)
        found = store.keys(tx, project_id)
    return json_answer(wire.collection("secrets", ({"key": key} for key in found)))


@routes.put("/projects/<id:project_id>/secrets/<key>")
def put_secret(project_id: int, key: str) -> Response:
    value = json_object().get("value")
    if not valid_key(key) or not isinstance(value, str) or not _fits(value):
        raise BadRequest("Invalid secret")
    engine = services().engine
    with engine.database.transaction() as tx:
        project = project_store.living_project(tx, project_id)
        store.put(tx, engine.secret_crypto, project_id, key, value, now=engine.clock.now())
    return json_answer(wire.secret(key, project.id, project.name))


@routes.delete("/projects/<id:project_id>/secrets/<key>")
def delete_secret(project_id: int, key: str) -> Response:
    if not valid_key(key):
        raise BadRequest("Invalid secret")
    with services().engine.database.transaction() as tx:
        project = project_store.living_project(tx, project_id)
        store.remove(tx, project_id, key)
    return json_answer(wire.secret(key, project.id, project.name))


def _fits(value: str) -> bool:
    try:
        return len(value.encode()) <= MAX_VALUE
    except UnicodeEncodeError:
        return False
