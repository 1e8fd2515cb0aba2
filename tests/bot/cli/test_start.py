from __future__ import annotations

import pytest

from tests.support.cli import field


class TestStart:
    def test_prints_the_attempt(self, digbot, project):
        ran = digbot("start", project, "main", "--session", "2024-01-02", "-p", "a.b=1")

        out = ran.ok()
        assert out.startswith("Started a session attempt:\n  session id: ")
        assert field(out, "project") == project
        assert field(out, "workflow") == "main"
        assert field(out, "session time") == "2024-01-02 00:00:00 +0900"
        assert field(out, "params") == '{"a":{"b":"1"}}'
        assert f"digbot log {field(out, 'attempt id')}" in ran.err

    def test_waits_for_the_end(self, digbot, project):
        ran = digbot("start", project, "main", "--session", "now", "--wait")

        assert ran.code == 0
        assert "ended: success" in ran.err

    def test_a_failure_that_was_waited_for(self, digbot, name, server, tmp_path):
        (tmp_path / "work" / "main.dig").write_text("+a:\n  fail>: no\n")
        digbot("push", name).ok()

        ran = digbot("start", name, "main", "--session", "now", "--wait")

        assert ran.code == 1
        assert "ended: error" in ran.err

    def test_the_session_is_there_already(self, digbot, project):
        first = digbot("start", project, "main", "--session", "2024-01-02").ok()

        ran = digbot("start", project, "main", "--session", "2024-01-02")

        assert ran.code == 1
        attempt = field(first, "attempt id")
        assert "A session for the requested session_time already exists (session_id=" in ran.err
        assert f"digbot retry {attempt} --latest-revision --all" in ran.err
        again = digbot("start", project, "main", "--session", "2024-01-02", "--retry", "x")
        assert field(again.ok(), "retry attempt name") == "x"

    def test_of_another_revision(self, digbot, project, tmp_path):
        (tmp_path / "work" / "main.dig").write_text("+b:\n  echo>: new\n")
        digbot("push", project, "-r", "r-2").ok()

        started = digbot(
            "start", project, "main", "--session", "now", "--revision", "r-1", "--wait"
        ).ok()

        assert "hello" in digbot("log", field(started, "attempt id")).ok()

    def test_dry_run(self, digbot, project):
        ran = digbot("start", project, "main", "--session", "daily", "-d")

        assert ran.ok().startswith("Session attempt:\n  session id: (dry run)")
        assert "Session attempt is not started." in ran.err
        assert digbot("attempts", project).ok() == "Session attempts:\n"

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (["PROJECT", "main"], 2, "--session"),
            (["PROJECT", "main", "--session", "soon"], 2, "--session must be hourly, daily, now"),
            (["PROJECT", "mian", "--session", "now"], 1, "Workflow 'mian' does not exist"),
            (["PROJECTX", "main", "--session", "now"], 1, "PROJECTX' does not exist"),
            (["PROJECT", "main", "--session", "now", "--revision", "x"], 1, "revision name=x"),
            (["PROJECT", "main", "--session", "now", "-p", "x"], 2, "form a=b but got:x"),
        ],
    )
    def test_mistakes(self, digbot, project, words, code, said):
        ran = digbot("start", *(word.replace("PROJECT", project) for word in words))

        assert ran.code == code
        assert said.replace("PROJECT", project) in ran.err
