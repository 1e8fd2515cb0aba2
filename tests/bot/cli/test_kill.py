from __future__ import annotations

from pathlib import Path

from tests.support.cli import field


def test_a_running_attempt(digbot, server, name):
    Path("main.dig").write_text("+a:\n  sh>: sleep 30\n")
    digbot("push", name).ok()
    attempt = field(digbot("start", name, "main", "--session", "now").ok(), "attempt id")

    assert digbot("kill", attempt).ok() == f"Kill requested for session attempt {attempt}\n"

    digbot("log", attempt, "-f").ok()
    assert field(digbot("attempt", attempt).ok(), "status") == "killed"


def test_one_that_ended(digbot, attempt):
    ran = digbot("kill", attempt)

    assert ran.code == 1
    assert "Request conflicted: " in ran.err
    assert "Session attempt already killed or finished" in ran.err
