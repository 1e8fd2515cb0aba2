"""For authors of operators: run one task, with everything as on a server but the server.

def test_my_operator(tmp_path):
    project = TestProject(tmp_path, {"query.sql": "SELECT 1"}, operators=[MyOperator()])
    ran = project.run({"my>": "query.sql", "database": "x"}, params={"my": {"host": "h"}})
    assert ran.result.store == {"my": {"rows": 1}}
    assert "1 row" in ran.log
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.command.local import LocalCommands
from engine.executor.context import Services
from engine.executor.revisions import RevisionWorkspaces
from engine.executor.run import run_task
from engine.expr.javascript import JavaScript
from engine.files.archive import Entry, pack
from engine.files.local import LocalFiles
from engine.files.logs import LogStore
from engine.model import Params, TaskRun
from engine.operators import registry
from engine.operators.api import Operator
from engine.outcome import Failed, Later, Outcome, Succeeded, TaskResult
from engine.params import builtins, merge

SESSION_TIME = datetime(2024, 1, 2, tzinfo=UTC)
_EXECUTABLE = b"#!"


@dataclass(frozen=True, slots=True)
class Ran:
    """One execution: how it ended, and what its log says."""

    outcome: Outcome
    log: str

    @property
    def result(self) -> TaskResult:
        """What a successful operator left."""
        assert isinstance(self.outcome, Succeeded), f"{self.outcome}\n{self.log}"
        return self.outcome.result

    @property
    def error(self) -> str:
        """The message of a failure."""
        assert isinstance(self.outcome, Failed), f"{self.outcome}\n{self.log}"
        return str(self.outcome.error["message"])

    @property
    def later(self) -> Later:
        """When the operator wants to be called again."""
        assert isinstance(self.outcome, Later), f"{self.outcome}\n{self.log}"
        return self.outcome


class TestProject:
    """A project of one revision in `folder`. `operators` come before those that are built in.

    A file that begins with `#!` is executable.
    """

    __test__ = False  # the name is no test of pytest's

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str | bytes] = {},
        *,
        secrets: Mapping[str, str] = {},
        operators: Iterable[Operator] = (),
    ) -> None:
        store = LocalFiles(folder / "files")
        self.archive = store.put(pack(_entry(path, data) for path, data in files.items()))
        self.logs = LogStore(folder / "logs")
        own = {operator.name: operator for operator in operators}
        self.services = Services(
            javascript=JavaScript(),
            workspaces=RevisionWorkspaces(folder / "workspaces", store),
            logs=self.logs,
            commands=LocalCommands(folder / "run"),
            secrets=lambda _project_id, key: secrets.get(key),
            operators=lambda name: own.get(name) or registry.find(name),
        )
        self._attempts = itertools.count(1)

    def task_run(self, task: Params, params: Params | None = None, **fields: Any) -> TaskRun:
        """What an executor would get for this task, as the only one of an attempt of its own."""
        attempt_id = next(self._attempts)
        values: dict[str, Any] = {
            "task_id": attempt_id * 1_000_000 + 1,
            "attempt_id": attempt_id,
            "session_id": 1,
            "project_id": 1,
            "project_name": "test",
            "workflow_name": "main",
            "revision_name": "r1",
            "archive_sha256": self.archive,
            "full_name": "+main+task",
            "timezone": "UTC",
            "session_time": SESSION_TIME,
            "session_uuid": "00000000-0000-0000-0000-000000000000",
            "retry_attempt_name": f"attempt-{attempt_id}",
            "attempt_created_at": SESSION_TIME,
            "local": {key: value for key, value in task.items() if key != "_export"},
            "state": {},
            "retry_count": 0,
            "started_at": None,
            "cancel_requested": False,
        } | fields
        visible = merge(params or {}, task.get("_export") or {})
        built_in = builtins(**{key: values[key] for key in _BUILT_IN}, params=params or {})
        return TaskRun(**values, params=merge(visible, built_in))

    def run(self, task: Params, *, params: Params | None = None, **fields: Any) -> Ran:
        """Execute a task as it would stand in a `.dig` file; `fields` are those of `TaskRun`."""
        run = self.task_run(task, params, **fields)
        return Ran(run_task(run, self.services), self.log_of(run))

    def log_of(self, run: TaskRun) -> str:
        """All that the executions of this run have logged."""
        place = _Place(run)
        found = self.logs.list(place)
        return "".join(
            gzip.decompress(self.logs.read(place, file.name)).decode("utf-8", "replace")
            for file in found
            if file.task_name == run.full_name
        )


_BUILT_IN = (
    "timezone",
    "project_id",
    "session_id",
    "session_uuid",
    "session_time",
    "attempt_id",
    "retry_attempt_name",
)


class _Place:
    """Where the logs of a run's attempt are."""

    def __init__(self, run: TaskRun) -> None:
        self.created_at = run.attempt_created_at
        self.project_id = run.project_id
        self.workflow_name = run.workflow_name
        self.session_time = run.session_time
        self.timezone = run.timezone
        self.retry_attempt_name = run.retry_attempt_name


def _entry(path: str, data: str | bytes) -> Entry:
    content = data.encode() if isinstance(data, str) else data
    return Entry(path, 0o755 if content.startswith(_EXECUTABLE) else 0o644, content)
