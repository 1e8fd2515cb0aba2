from __future__ import annotations

import pytest

from tests.support.cli import field


class TestRetry:
    def test_another_attempt_with_the_same_parameters(self, digbot, project):
        first = digbot(
            "start", project, "main", "--session", "2024-01-02", "-p", "a=1", "-p", "b=1", "--wait"
        ).ok()

        ran = digbot(
            "retry", field(first, "attempt id"), "--latest-revision", "--all", "--name", "again",
            "-p", "b=2", "--wait",
        )  # fmt: skip

        out = ran.ok()
        assert field(out, "session id") == field(first, "session id")
        assert field(out, "retry attempt name") == "again"
        assert field(out, "params") == '{"a":"1","b":"2"}'

    def test_a_name_is_made_up(self, digbot, attempt):
        out = digbot("retry", attempt, "--keep-revision", "--all").ok()

        assert len(field(out, "retry attempt name")) == 36

    def test_what_succeeded_cannot_be_resumed(self, digbot, attempt):
        ran = digbot("retry", attempt, "--keep-revision", "--resume")

        assert ran.code == 1
        assert "Resuming successfully completed attempts is not supported" in ran.err

    def test_from_a_task(self, digbot, attempt):
        ran = digbot("retry", attempt, "--revision", "r-1", "--resume-from", "+main+a", "--wait")

        assert ran.code == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                [],
                "--keep-revision, --latest-revision, or --revision <name> option is required. --all",
            ),
            (["--all"], "--revision <name> option is required."),
            (["--keep-revision"], "--resume-from <+name> option is required."),
            (["--keep-revision", "--latest-revision", "--all"], "together is invalid."),
            (["--keep-revision", "--resume", "--all"], "Setting --all and --resume together"),
        ],
    )
    def test_exactly_one_of_each(self, digbot, words, said):
        ran = digbot("retry", "1", *words)

        assert ran.code == 2
        assert said in ran.err

    def test_an_id_is_a_number(self, digbot, server):
        ran = digbot("retry", "x", "--all", "--keep-revision")

        assert ran.code == 2
        assert 'For input string: "x"' in ran.err
