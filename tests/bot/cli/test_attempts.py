from __future__ import annotations

from pathlib import Path

import pytest

from bot.client.api import Client
from tests.support.cli import field


def ids(out: str) -> list[str]:
    return [line.split(": ")[1] for line in out.splitlines() if line.startswith("  attempt id: ")]


def test_oldest_of_the_page_first(digbot, attempt, project):
    digbot("retry", attempt, "--keep-revision", "--all", "--wait").ok()

    out = digbot("attempts", project).ok()

    first, second = ids(out)
    assert out.startswith("Session attempts:\n  session id: ")
    assert first == attempt
    assert ids(digbot("attempts", project, "-s", "1").ok()) == [second]
    assert ids(digbot("attempts", project, "--last-id", second).ok()) == [first]
    assert ids(digbot("attempts", project, "main").ok()) == [first, second]
    assert ids(digbot("attempts", field(out, "session id")).ok()) == [first, second]


def test_show_where_they_came_from(digbot, attempt, project):
    Path("main.dig").write_text(
        "trigger:\n  attempt>:\n  dependent_workflow_name: main\n"
        f"  dependent_project_name: {project}\n+a:\n  echo>: x\n"
    )
    digbot("push", f"{project}-after", "-r", "v1").ok()
    again = digbot("retry", attempt, "--keep-revision", "--all", "--wait").ok()

    upstream = digbot("attempt", field(again, "attempt id")).ok()
    (downstream,) = ids(digbot("attempts", f"{project}-after").ok())

    assert field(upstream, "revision") == "r1 (r-1)"
    assert field(upstream, "commit") == ""
    assert f"attempt {downstream} ({project}-after/main" in field(upstream, "triggered")
    shown = digbot("attempt", downstream).ok()
    assert field(shown, "triggered by").startswith(f"attempt {field(again, 'attempt id')} (")


def test_a_server_of_digdag(digbot, attempt, project, monkeypatch):
    monkeypatch.setattr(Client, "_ours", lambda *_: None)

    assert field(digbot("attempts", project).ok(), "status") == "success"
    assert field(digbot("attempt", attempt).ok(), "status") == "success"
    session = field(digbot("attempt", attempt).ok(), "session id")
    assert ids(digbot("attempts", session).ok()) == [attempt]


def test_none(digbot, project):
    ran = digbot("attempts", project)

    assert ran.ok() == "Session attempts:\n"
    assert "Use `digbot start` to start a session." in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["attempt", "99999"], "Resource not found: "),
        (["attempts", "99999"], "session id=99999"),
        (["attempts", "nobody"], "project name=nobody"),
        (["attempts", "-s", "1000"], "MAX_PAGE_SIZE: 100"),
    ],
)
def test_missing(digbot, server, words, said):
    ran = digbot(*words)

    assert ran.code == 1
    assert said in ran.err
