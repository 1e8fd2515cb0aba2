"""What an operator may ask for while it runs: workspace, files, secrets, commands."""

from __future__ import annotations

import os
import posixpath
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol

from engine.clock import Clock, SystemClock
from engine.command.base import CannotStart, Commands, Stopped
from engine.dig.source import inside
from engine.errors import ConfigError
from engine.executor.workspace import Workspace, Workspaces
from engine.expr.javascript import JavaScript
from engine.model import Params, TaskRun
from engine.operators import registry
from engine.operators.api import Command, Operator, TaskFailed, TaskLog, TaskRequest
from engine.secrets import Masker, SecretLookup, fill, renamed
from engine.typed import as_map, as_text

_ENV_NAME = re.compile(r"[a-zA-Z_][a-zA-Z_0-9]*", re.ASCII)
_CHUNK = 1 << 16
_DRAIN = 1.0  # seconds to read on after a command ended, for what its children still print


class RunLog(TaskLog, Protocol):
    """A task's log, as whoever opened it sees it."""

    def write_bytes(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Logs(Protocol):
    def open(self, run: TaskRun) -> RunLog:
        """Begin the log of one execution. Raises `LogWriteError`."""


@dataclass(frozen=True, slots=True)
class Services:
    """All that running a task takes; one object for a whole server."""

    javascript: JavaScript
    workspaces: Workspaces
    logs: Logs
    commands: Commands
    secrets: SecretLookup
    operators: Callable[[str], Operator | None] = registry.find
    clock: Clock = field(default_factory=SystemClock)


class TaskContext:
    """The `Context` of one execution; leave it to remove what it made."""

    def __init__(self, run: TaskRun, request: TaskRequest, services: Services, log: RunLog) -> None:
        self.log: TaskLog = log
        self._log = log
        self._run = run
        self._request = request
        self._services = services
        self._workspace: Workspace | None = None
        self._workdir = as_text(request.params, "_workdir", "")
        self._values: set[str] = set()  # of the secrets that were asked for

    def __enter__(self) -> TaskContext:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._workspace is not None:
            self._workspace.close()

    @property
    def project_path(self) -> Path:
        return Path(self._root)

    @property
    def working_directory(self) -> Path:
        return Path(self._root, self._inside(self._workdir or "."))

    @property
    def _root(self) -> str:
        return self._opened().path

    def _opened(self) -> Workspace:
        if self._workspace is None:
            self._workspace = self._services.workspaces.open(self._run)
        return self._workspace

    def scratch(self, prefix: str) -> Path:
        return Path(self._opened().scratch(prefix))

    def script(self, prefix: str, name: str, text: str) -> Path:
        data = text.encode("utf-8", "surrogatepass")
        return Path(self._opened().script(prefix, name, data))

    def read_file(self, name: str) -> bytes:
        path = self._inside(posixpath.join(self._workdir, name), name)
        try:
            if self._workspace is None:
                return self._services.workspaces.read(self._run, path)
            return Path(self._root, path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise TaskFailed(f"File not found: {name}", kind="config") from None

    def load_workflow(self, name: str) -> tuple[str, Params]:
        file = name if name.endswith(".dig") else f"{name}.dig"
        path = self._inside(posixpath.join(self._workdir, file), file)
        return path, self._services.workspaces.definition(self._run, path)

    def _inside(self, path: str, said: str | None = None) -> str:
        found = inside("", path)
        if found is None:
            raise TaskFailed(
                f"File name must not be outside of project path: {said or path}", kind="config"
            )
        return found

    def secret(self, key: str) -> str:
        return self._secret(renamed(key, self._request.params.get("_secrets")))

    def _secret(self, key: str) -> str:
        value = self._services.secrets(self._run.project_id, key)
        if value is None:
            raise TaskFailed(f"Secret not found for key: '{key}'", kind="secret not found")
        self._values.add(value)
        return value

    def hide(self, value: object) -> object:
        """`value` with every secret in it that was asked for made unreadable."""
        return Masker(self._values).value(value) if self._values else value

    def run_command(self, command: Command) -> int:
        self._check_plain()
        env = {**command.env, **self._environment()}
        try:
            with self._output() as output:
                ended = self._services.commands.run(
                    command.argv,
                    cwd=str(command.cwd),
                    env=env,
                    output=output,
                    attempt_id=self._run.attempt_id,
                )
        except CannotStart as error:
            raise TaskFailed(str(error), kind="runtime") from None
        except Stopped:
            raise TaskFailed(cancel_message(self._run)) from None
        if ended.children and self._workspace is not None:
            self._workspace.spoil()
        return ended.code

    def _check_plain(self) -> None:
        """Never run unisolated what asks for a container."""
        params = self._request.params
        own = params.get(self._request.operator)  # defaults for all tasks of this operator
        if "docker" in params or (isinstance(own, dict) and "docker" in own):
            raise TaskFailed(
                "This version of digbot runs commands as plain processes only: it cannot honour"
                " 'docker:', which is set for this task. Remove it from the task, and from the"
                " _export above it, to run the command on the server itself.",
                kind="config",
            )

    def _environment(self) -> dict[str, str]:
        """`_env`: the task's own, with what is exported under that name below it (language.md §17).

        `_secrets` does not apply to it.
        """
        if self._request.local.get("_env") is None:
            return {}
        variables = as_map(self._request.params, "_env", {})
        found = {}
        for name in variables:
            if not _ENV_NAME.fullmatch(name):
                raise ConfigError(f"Invalid _env key name: {name}")
            found[name] = fill(as_text(variables, name, ""), self._secret)
        return found

    @contextmanager
    def _output(self) -> Iterator[int]:
        """Where a command writes to: the log, through a filter when it may know a secret."""
        if not self._values:
            yield self._log.fileno()
            return
        reading, writing = os.pipe()
        pump = _Pump(reading, self._log, Masker(self._values))
        pump.start()
        try:
            yield writing
        finally:
            os.close(writing)
            pump.finish()


class _Pump(threading.Thread):
    """Reads a command's output, hides secrets in it, and logs it."""

    def __init__(self, descriptor: int, log: RunLog, masker: Masker) -> None:
        super().__init__(name="log-filter", daemon=True)
        self._descriptor = descriptor
        self._log = log
        self._masker = masker
        self._lock = threading.Lock()
        self._over = False  # the log is no longer ours to write to
        self._error: Exception | None = None

    def run(self) -> None:
        with open(self._descriptor, "rb", buffering=0) as stream:
            while data := stream.read(_CHUNK):
                self._write(self._masker.feed(data))
            self._write(self._masker.end())

    def _write(self, data: bytes) -> None:
        with self._lock:
            if self._over or self._error:
                return
            try:
                self._log.write_bytes(data)
            except Exception as error:  # raised again in the thread that waits
                self._error = error

    def finish(self) -> None:
        """Wait for the end of the output, but not for children that outlive their command.

        Raises what kept the output from being written.
        """
        self.join(_DRAIN)
        with self._lock:
            self._over = True
        if self._error is not None:
            raise self._error


def cancel_message(run: TaskRun) -> str:
    return f"Got a cancel-requested: attempt_id={run.attempt_id}, task_id={run.task_id}"
