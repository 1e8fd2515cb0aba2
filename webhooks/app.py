"""The web application: API, git remote and health behind one authentication."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, request

from webhooks import errors, health
from webhooks.api import (
    attempts,
    follow,
    logs,
    origin,
    projects,
    repositories,
    schedules,
    secrets,
    sessions,
    version,
    workflows,
)
from webhooks.api.base import KEY, IdConverter, Services
from webhooks.auth import Authenticator, Environ, StartResponse, Wsgi, guard

ROUTES = (
    projects.routes,
    workflows.routes,
    schedules.routes,
    sessions.routes,
    attempts.routes,
    logs.routes,
    secrets.routes,
    version.routes,
    origin.routes,
    follow.routes,
    repositories.routes,
    health.routes,
)
WORTH_PACKING = 1024  # bytes


def create_app(services: Services) -> Flask:
    """The API and health as a Flask application."""
    app = Flask("digbot", static_folder=None)
    app.extensions[KEY] = services
    app.url_map.converters["id"] = IdConverter
    app.url_map.merge_slashes = False
    for routes in ROUTES:
        app.register_blueprint(routes)
    errors.install(app)
    app.after_request(_pack)
    return app


def compose(
    api: Wsgi,
    git: Wsgi | None,
    authenticator: Authenticator,
    headers: Mapping[str, str] | None = None,
) -> Wsgi:
    """Everything that one address serves. `headers` are added to all answers of the API."""
    fixed = list((headers or {}).items())

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if git is not None and path.startswith("/git/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/git"
            environ["PATH_INFO"] = path.removeprefix("/git")
            return git(environ, start_response)
        if path.startswith("/api/"):
            environ["PATH_INFO"] = path.rstrip("/")  # a trailing slash is accepted
        return api(environ, start_response)

    guarded = guard(application, authenticator)
    return _with_headers(guarded, fixed) if fixed else guarded


def _with_headers(inner: Wsgi, fixed: list[tuple[str, str]]) -> Wsgi:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/api/"):
            return inner(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *fixed], *more)

        return inner(environ, start)

    return application


def _pack(answer: Response) -> Response:
    """Compress JSON for clients that ask for it, gzip preferred (rest-api.md §1)."""
    if answer.content_type != "application/json" or answer.content_encoding:
        return answer
    encoding = request.accept_encodings.best_match(["gzip", "deflate"])
    data = answer.get_data()
    if encoding is None or len(data) < WORTH_PACKING:
        return answer
    answer.set_data(gzip.compress(data, 1) if encoding == "gzip" else zlib.compress(data, 1))
    answer.headers["Content-Encoding"] = encoding
    answer.headers["Vary"] = "Accept-Encoding"
    return answer
