from __future__ import annotations

import time
from pathlib import Path

import pytest

TWO = "+a:\n  sh>: echo ran-a\n+b:\n  sh>: echo ran-b\n"
BROKEN = "+a:\n  sh>: echo ran-a\n+b:\n  fail>: not today\n+c:\n  echo>: never\n"


@pytest.fixture(autouse=True)
def _here(digbot):
    Path("main.dig").write_text(TWO)


class TestRuns:
    def test_to_the_end(self, digbot):
        ran = digbot("run", "main", "--session", "2024-01-02")

        out = ran.ok()
        assert out.index("ran-a") < out.index("ran-b")
        assert ran.err.startswith("Success. Task state is saved at ")
        assert "20240102T000000+0000" in ran.err
        assert "  * Use --rerun" in ran.err

    def test_the_only_workflow_of_a_folder(self, digbot):
        assert "ran-a" in digbot("run").ok()
        assert "ran-a" in digbot("r", "main.dig", "--no-save").ok()

    def test_one_task(self, digbot):
        out = digbot("run", "main", "+b").ok()

        assert "ran-b" in out
        assert "ran-a" not in out

    def test_with_parameters(self, digbot):
        Path("main.dig").write_text("+a:\n  echo>: 'a=${a.b} at ${session_time}'\n")

        out = digbot("run", "main", "-p", "a.b=1", "-t", "2024-01-02 03:04:05").ok()

        assert "a=1 at 2024-01-02T03:04:05+00:00\n" in out


class TestFails:
    def test_says_which_task_and_why(self, digbot):
        Path("main.dig").write_text(BROKEN)

        ran = digbot("run", "main")

        assert ran.code == 1
        assert "error:\n  * +main+b:\n    not today" in ran.err
        assert "never" not in ran.out
        assert "Traceback" not in ran.err

    def test_broken_files_stop_the_run(self, digbot):
        Path("other.dig").write_text("+a: {\n")

        ran = digbot("run", "main")

        assert ran.code == 1
        assert "other.dig:" in ran.err


class TestState:
    def test_what_succeeded_is_skipped(self, digbot):
        Path("main.dig").write_text(BROKEN)
        digbot("run", "main", "-t", "2024-01-02")
        Path("main.dig").write_text(BROKEN.replace("fail>: not today", "sh>: echo ran-b"))

        ran = digbot("run", "main")

        out = ran.ok()
        assert "Reusing the last session time 2024-01-02T00:00:00+00:00." in out
        assert "ran-a" not in out
        assert "Skipped" in out
        assert "ran-b" in out

    def test_rerun(self, digbot):
        digbot("run", "main", "-t", "2024-01-02").ok()

        assert "ran-a" in digbot("run", "main", "--rerun").ok()
        assert "ran-a" not in digbot("run", "main", "--start", "+b").ok()

    def test_a_dry_run_leaves_nothing(self, digbot):
        ran = digbot("run", "main", "-dE", "-t", "2024-01-02", "-p", "x=here")

        assert ran.code == 0
        assert "\nran-a" not in ran.out
        assert "x: here" in ran.out
        assert not Path(".digdag/status").exists()

    def test_a_folder_of_its_own(self, digbot):
        digbot("run", "main", "-o", "state").ok()

        assert list(Path("state").iterdir())


class TestLogs:
    def test_kept_and_shown(self, digbot):
        out = digbot("run", "main", "-O", "../logs").ok()

        assert "\nran-a\n" in out
        logs = [path.read_text() for path in Path("../logs").rglob("*.log")]
        assert any("\nran-b\n" in text for text in logs)

    def test_levels(self, digbot):
        assert "[INFO]" in digbot("run", "main", "--rerun").out
        assert "[INFO]" not in digbot("run", "main", "--rerun", "-l", "warn").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["mian"], 1, "Workflow 'mian' does not exist"),
        (["main", "+zzz"], 1, "'+zzz' doesn't match with any tasks"),
        (["main", "-s", "+a", "-g", "+b"], 2, "--start and --goal don't work together"),
        (["main", "-a", "-s", "+a"], 2, "--rerun and --start don't work together"),
        (["main", "-t", "soon"], 2, "--session must be hourly, daily"),
        (["main", "-t", "schedule"], 1, "schedule is not set to this workflow"),
        (["main", "--max-task-threads", "x"], 2, "--max-task-threads"),
    ],
)
def test_mistakes(digbot, words, code, said):
    ran = digbot("run", *words)

    assert ran.code == code
    assert said in ran.err


def test_it_is_quick(digbot):
    digbot("run", "main").ok()
    begin = time.monotonic()

    digbot("run", "main", "--rerun").ok()

    assert time.monotonic() - begin < 2
