"""Exceptions -> the one JSON shape that every error of the API has (rest-api.md §2)."""

from __future__ import annotations

import errno
import logging
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from bot.git.errors import GitError, NoSuchRepository
from bot.wire import dumps
from engine.errors import (
    ConfigError,
    Conflict,
    DatabaseUnavailable,
    EngineError,
    InvalidProject,
    LimitExceeded,
    NotFound,
)

log = logging.getLogger(__name__)


class BadRequest(EngineError):
    """The request cannot be read. Status 400."""


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (BadRequest, 400),
    (NotFound, 404),
    (Conflict, 409),
    (ConfigError, 400),
    (InvalidProject, 400),
    (LimitExceeded, 400),
    (DatabaseUnavailable, 503),
    (NoSuchRepository, 404),
    (GitError, 400),
)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# The framework's own answers, in words that say what to do.
_TEXTS = {
    404: "Nothing is at {method} {path}",
    405: "{path} does not take {method}",
    413: "The request is larger than this server accepts",
}


def json_answer(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, content_type="application/json")


def problem(status: int, message: str) -> Response:
    return json_answer({"message": message, "status": status}, status)


def install(app: Flask) -> None:
    app.register_error_handler(EngineError, _known_error)
    app.register_error_handler(GitError, _known_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _known_error(error: Exception) -> Response:
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return problem(status, str(error))
    return _unexpected(error)


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        return _unexpected(error.original_exception)
    status = error.code or 500
    own = error.description != type(error).description  # said by a view of ours
    text = None if own else _TEXTS.get(status)
    if text is not None:
        message = text.format(method=request.method, path=request.path)
    else:
        message = error.description or "The request cannot be answered"
    answer = problem(status, message)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _unexpected(error: BaseException) -> Response:
    """A mistake of ours: the trace goes to the log, never to the client."""
    if isinstance(error, OSError) and error.errno in FULL:
        log.error("%s %s failed: %s", request.method, request.path, error)
        return problem(507, f"The server cannot store this: {error.strerror}")
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, f"Internal error ({type(error).__name__}); the server's log has the trace")
