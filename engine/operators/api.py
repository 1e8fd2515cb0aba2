"""All that an operator needs to import; the interface for plugins (entry point group `digbot.operators`).

An operator is a class with a `name` and a `run`; one instance serves all tasks, so it keeps no state.
It ends in one of three ways: it returns a `TaskResult`, it raises `TaskFailed` (a plain message for
the user) or `TryLater` (quiet; call me again). Anything else that is raised is a bug, shown with its
trace and recorded as an error of the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from engine.outcome import TaskResult
from engine.params import Params

__all__ = [
    "Command",
    "Context",
    "Operator",
    "Option",
    "TaskFailed",
    "TaskLog",
    "TaskRequest",
    "TaskResult",
    "TryLater",
]


class TaskFailed(Exception):
    """The task failed. `kind` is the suffix Digdag shows, such as "runtime" or "config" (engine.md §6.2)."""

    def __init__(self, message: str, *, kind: str | None = None, **details: Any) -> None:
        super().__init__(f"{message} ({kind})" if kind else message)
        self.details = details

    @property
    def error(self) -> Params:
        return {"message": str(self), **self.details}


class TryLater(Exception):
    """Call the operator again in `seconds` with `state` as its state params. Not an error."""

    def __init__(self, seconds: float, state: Params) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds
        self.state = state


@dataclass(frozen=True, slots=True)
class Option:
    """One parameter an operator reads, as `check` and the editor's schema see it."""

    name: str
    types: tuple[str, ...] = ("string",)  # JSON type names
    required: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """One execution of a task, evaluated and merged; see `engine.model.TaskRun` for the ids."""

    task_id: int
    attempt_id: int
    session_id: int
    project_id: int
    project_name: str
    workflow_name: str
    revision_name: str
    full_name: str
    timezone: str
    session_time: datetime
    session_uuid: str
    operator: str  # the word before `>`
    command: Any  # None when absent or null
    params: Params  # all parameters, local keys included
    local: Params  # the task's own keys, evaluated
    state: Params
    retry_count: int
    attempt_created_at: datetime
    cancel_requested: bool = False


class TaskLog(Protocol):
    """The log of one execution of one task."""

    def info(self, message: str) -> None:
        """Add an engine's line, with its date and level."""

    def error(self, message: str) -> None:
        """Add an engine's line at level ERROR."""

    def write(self, text: str) -> None:
        """Add text of the task itself, as it is."""

    def fileno(self) -> int:
        """An appending file descriptor, for commands that write for themselves."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start. `cwd` is absolute; `env` is laid over the server's own environment."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


class Context(Protocol):
    """What an operator may ask for while it runs."""

    log: TaskLog

    @property
    def project_path(self) -> Path:
        """The workspace: the project's files, unpacked for this execution at the first use."""

    @property
    def working_directory(self) -> Path:
        """`project_path` with `_workdir`; relative file names start here."""

    def scratch(self, prefix: str) -> Path:
        """A new folder below `.digdag/tmp` of the workspace."""

    def script(self, prefix: str, name: str, text: str) -> Path:
        """A file with this text, for its owner only, alone in a scratch folder."""

    def read_file(self, name: str) -> bytes:
        """A project file, relative to the working directory, read without making a workspace.

        Raises `TaskFailed` when it is missing or outside of the project.
        """

    def load_workflow(self, name: str) -> tuple[str, Params]:
        """(project path, definition) of a `.dig` file for `call>`, read as at push, includes resolved."""

    def secret(self, key: str) -> str:
        """A secret's value. Raises `TaskFailed` when there is none."""

    def run_command(self, command: Command) -> int:
        """Run to the end, output to the log; the exit code. A kill ends it, with its children."""


class Operator(Protocol):
    name: ClassVar[str]
    options: ClassVar[tuple[Option, ...]]

    def run(self, request: TaskRequest, context: Context) -> TaskResult: ...
