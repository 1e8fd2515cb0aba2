"""Whether the server works: for load balancers and supervisors. No credentials are asked for."""

from __future__ import annotations

from flask import Blueprint, Response

from engine.store import running
from webhooks.api.base import services
from webhooks.errors import json_answer

routes = Blueprint("health", __name__)


@routes.get("/health")
def health() -> Response:
    """200 when the database answers; how many attempts run."""
    with services().engine.database.read() as tx:
        count = running.count_running(tx)
    return json_answer({"status": "ok", "version": services().version, "runningAttempts": count})
