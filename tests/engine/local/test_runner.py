"""`digbot run` below its command line: real commands, a state folder, no server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.command.local import LocalCommands
from engine.dig.project import load
from engine.dig.source import FolderFiles
from engine.errors import ConfigError, EngineError
from engine.executor.local import LocalExecutor
from engine.executor.run import Services
from engine.executor.workspace import FolderWorkspaces
from engine.expr.javascript import JavaScript
from engine.expr.template import evaluate_text
from engine.files.logs import LogStore
from engine.local.runner import RunOptions, RunResult, run_workflow
from engine.model import Params
from engine.operators.registry import catalog

DAY = datetime(2026, 1, 2, tzinfo=UTC)


class Home:
    """A project folder, and what is shown of skipped tasks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.skips: list[str] = []
        self.logs = folder / "logs"

    def skipped(self, full_name: str) -> None:
        self.skips.append(full_name)

    def run(self, text: str, **options: object) -> RunResult:
        (self.folder / "wf.dig").write_text(text)
        loaded = load(FolderFiles(self.folder), catalog=catalog())
        assert not loaded.errors
        javascript = JavaScript()

        def evaluate(template: str, scope: Params, timezone: str) -> str:
            return evaluate_text(template, scope, javascript=javascript, timezone=timezone)

        services = Services(
            javascript=javascript,
            workspaces=FolderWorkspaces(self.folder),
            logs=LogStore(self.logs),
            commands=LocalCommands(),
            secrets=lambda project, key: None,
        )
        chosen = RunOptions(DAY, states=self.folder / "status", **options)  # type: ignore[arg-type]
        return run_workflow(loaded.workflows["wf"], chosen, LocalExecutor(services), evaluate, self)

    def ran(self) -> list[str]:
        """What the tasks of these tests wrote down, and forget it."""
        path = self.folder / "ran"
        found = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


THREE = """
+a: {sh>: echo a >> ran}
+b: {sh>: echo b >> ran; %s}
+c: {sh>: echo c >> ran}
"""


def test_files_stay_in_the_folder(home: Home) -> None:
    result = home.run(THREE % "true")
    assert (result.success, result.failed, home.ran()) == (True, [], ["a", "b", "c"])


def test_a_failed_run_goes_on_where_it_failed(home: Home) -> None:
    result = home.run(THREE % "exit 3")
    assert not result.success
    assert result.failed == [("+wf+b", "Command failed with code 3 (runtime)")]
    assert home.ran() == ["a", "b"]
    assert home.run(THREE % "true").success
    assert (home.ran(), home.skips) == (["b", "c"], ["+wf+a"])


def test_rerun_start_goal_and_end(home: Home) -> None:
    home.run(THREE % "true")
    home.ran()
    home.run(THREE % "true", rerun=True)
    assert home.ran() == ["a", "b", "c"]
    home.run(THREE % "true", start="+b")
    assert home.ran() == ["b", "c"]
    home.run(THREE % "true", goal="+b")
    assert home.ran() == ["b"]
    home.run(THREE % "true", rerun=True, end="+c")
    assert home.ran() == ["a", "b"]


def test_a_subtree_alone(home: Home) -> None:
    home.run(THREE % "true", subtree="+b")
    assert home.ran() == ["b"]


def test_what_a_skipped_task_stored_is_there(home: Home) -> None:
    (home.folder / "tasks.py").write_text("import digdag\ndef put(): digdag.env.store({'v': 7})\n")
    text = '+a: {py>: tasks.put}\n+b: {sh>: "echo ${v} >> ran; test -e go"}\n'
    assert not home.run(text).success
    (home.folder / "go").touch()
    assert home.run(text).success
    assert home.ran() == ["7", "7"]


@pytest.mark.parametrize(
    "options",
    [
        {"start": "+a", "goal": "+b"},
        {"rerun": True, "start": "+a"},
        {"rerun": True, "goal": "+a"},
        {"goal": "+a", "end": "+b"},
    ],
)
def test_options_that_contradict_each_other(home: Home, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="work together"):
        home.run(THREE % "true", **options)


def test_a_deadline_is_watched_without_a_server(home: Home) -> None:
    text = "sla: {duration: 00:00:00, fail: true}\n+a: {sh>: sleep 0.3; echo a >> ran}\n"
    result = home.run(text)
    assert result.failed == [("+wf^sla^fail", "SLA violation")]
    assert home.ran() == ["a"]


def test_a_bug_ends_the_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def finish(*_: object) -> bool:
        raise KeyError("a bug")

    monkeypatch.setattr("engine.flow.moves.finish", finish)
    with pytest.raises(EngineError, match="a mistake in digbot"):
        home.run(THREE % "true")
