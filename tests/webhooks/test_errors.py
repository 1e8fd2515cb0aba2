from __future__ import annotations

import errno
import logging

import pytest
from flask import Flask

from bot.git.errors import GitError, NoSuchRepository
from engine import errors as engine
from webhooks.errors import BadRequest, install


def answer(error: Exception) -> tuple[int, dict[str, object]]:
    app = Flask("test", static_folder=None)
    install(app)

    @app.get("/x")
    def fail() -> str:
        raise error

    found = app.test_client().get("/x")
    assert found.json is not None
    return found.status_code, found.json


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (engine.NotFound("Resource does not exist: project id=1"), 404),
        (engine.Conflict("taken"), 409),
        (engine.ConfigError("bad"), 400),
        (engine.TooManyTasks("Too many tasks"), 400),
        (engine.InvalidProject(["main.dig:1:1: bad"]), 400),
        (engine.DatabaseUnavailable("full"), 503),
        (BadRequest("no"), 400),
        (NoSuchRepository("none"), 404),
        (GitError("broken"), 400),
    ],
)
def test_known_errors_say_what_they_say(error, status):
    assert answer(error) == (status, {"message": str(error), "status": status})


def test_a_full_disk_is_no_mistake_of_ours():
    error = OSError(errno.ENOSPC, "No space left on device", "/data/files/x")

    status, body = answer(error)

    assert (status, body["message"]) == (
        507,
        "The server cannot store this: No space left on device",
    )


def test_a_mistake_of_ours_shows_no_trace(caplog):
    with caplog.at_level(logging.ERROR):
        status, body = answer(KeyError("secret detail"))

    assert status == 500
    assert body["status"] == 500
    assert "secret detail" not in str(body)
    assert "KeyError" in caplog.text


def test_unknown_path_and_method():
    app = Flask("test", static_folder=None)
    install(app)
    app.get("/x")(lambda: "")
    client = app.test_client()

    missing, wrong = client.get("/y"), client.post("/x")

    assert missing.json == {"message": "Nothing is at GET /y", "status": 404}
    assert wrong.json == {"message": "/x does not take POST", "status": 405}
    assert "GET" in wrong.headers["Allow"]
