"""The server's version, and whether a client's is too old for it (rest-api.md §13)."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from webhooks.api.base import required, services
from webhooks.errors import json_answer

routes = Blueprint("version", __name__, url_prefix="/api")


@routes.get("/version")
def get_version() -> Response:
    return json_answer({"version": services().version})


@routes.get("/version/check")
def check_version() -> Response:
    client, settings = required("client"), services().settings
    answer = {
        "serverVersion": services().version,
        "upgradeRecommended": is_older(client, settings.upgrade_recommended_if_older),
        "apiCompatible": not is_older(client, settings.api_incompatible_if_older),
    }
    return json_answer(answer)


def is_older(version: str, than: str | None) -> bool:
    """Whether a version comes before another one; text that is no number counts as 0."""
    return than is not None and _numbers(version) < _numbers(than)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.split("-", maxsplit=1)[0])]
