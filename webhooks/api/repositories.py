"""Ours: the git repositories that projects are deployed from."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response

from bot import wire
from bot.deploy import Bot
from bot.git.errors import GitError
from bot.store import Repository, list_follows
from engine.errors import NotFound
from engine.store import projects as project_store
from webhooks.api.base import integer_field, json_object, services, text_field
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("repositories", __name__, url_prefix="/api/digbot")


@routes.get("/repositories")
def list_repositories() -> Response:
    shown = (_shown(row) for row in _bot().repositories())
    return json_answer(wire.collection("repositories", shown))


@routes.put("/repositories")
def add_repository() -> Response:
    """Follow a repository, and deploy from it right away; it stays when that fails."""
    body = json_object()
    url = text_field(body, "url")
    if not url:
        raise BadRequest("url is required")
    seconds = integer_field(body, "pollSeconds")
    row = _bot().add_repository(url, text_field(body, "name"), seconds)
    try:
        report = _synced(row.name)
    except GitError as error:
        report = [f"{error}; it is tried again"]
    return _answer(row.name, report)


@routes.delete("/repositories/<name>")
def remove_repository(name: str) -> Response:
    row = _bot().repository(name)
    before = _shown(row)
    _bot().remove_repository(name)
    return json_answer(before)


@routes.post("/repositories/<name>/sync")
def sync_repository(name: str) -> Response:
    """Look for changes now, and deploy them."""
    return _answer(name, _synced(name))


def _synced(name: str) -> Sequence[str]:
    """The report; that of the last push when somebody was quicker."""
    report = _bot().sync(name)
    if report:
        return report
    pushes = _bot().pushes(name, limit=1)
    return pushes[0].report if pushes else []


def _answer(name: str, report: Sequence[str]) -> Response:
    row = _bot().repository(name)
    return json_answer({"repository": _shown(row), "report": list(report)})


def _shown(row: Repository) -> wire.Json:
    with services().engine.database.read() as tx:
        owned = project_store.projects_of_repository(tx, row.id)
        follows = list_follows(tx, row.id)
    refused = [follow.project_name for follow in follows if follow.state == "refused"]
    return wire.repository(row, [project.name for project in owned], refused)


def _bot() -> Bot:
    bot = services().bot
    if bot is None:
        raise NotFound("This server follows no repositories")
    return bot
