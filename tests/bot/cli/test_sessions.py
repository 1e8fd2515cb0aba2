from __future__ import annotations

import pytest

from tests.support.cli import field


def test_list_and_one(digbot, attempt, project):
    out = digbot("sessions", project).ok()

    session = field(out, "session id")
    assert out.startswith("Sessions:\n  session id: ")
    assert field(out, "attempt id") == attempt
    assert field(out, "status") == "success"
    one = digbot("session", session).ok()
    assert field(one, "uuid") == field(out, "uuid")
    assert digbot("session", project, session).ok() == one
    assert digbot("sessions", project, "main").ok() == out
    assert f"session id: {session}\n" in digbot("sessions", "-s", "100").ok()


def test_none(digbot, project):
    ran = digbot("sessions", project, "other")

    assert ran.ok() == "Sessions:\n"
    assert "digbot start" in ran.err


@pytest.mark.parametrize("words", [["nobody"], ["99999"]])
def test_missing(digbot, server, words):
    assert digbot("sessions", *words).code == 1
