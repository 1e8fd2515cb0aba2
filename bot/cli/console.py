"""Where the tasks of a local run log to: standard output, or files that are shown when a task ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.executor.context import RunLog
    from engine.model import TaskRun

LEVELS = ("error", "warn", "info", "debug", "trace")
_COLORS = {"error": "\033[31m", "warn": "\033[33m"}
_PLAIN = "\033[0m"
_CHUNK = 1 << 16


class Console:
    """Shows lines of `level` and above. `folder` is that of `--task-log`."""

    def __init__(self, level: str, folder: Path | None = None) -> None:
        self._most = LEVELS.index(level)
        self._folder = folder
        self._lock = threading.Lock()
        self._color = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def open(self, run: TaskRun) -> RunLog:
        """The log of one execution of a task."""
        label = f"[0:{run.project_name}:{run.session_id}:{run.attempt_id}]{run.full_name}"
        if self._folder is None:
            return TaskOutput(self, label)
        from engine.files.logs import LogStore

        return KeptOutput(self, LogStore(self._folder).open(run))

    def skipped(self, full_name: str) -> None:
        """A task succeeded in an earlier run, whose result is used."""
        self.line("warn", "Skipped", full_name)

    def warn(self, message: str) -> None:
        self.line("warn", message)

    def line(self, level: str, message: str, label: str = "") -> None:
        """An engine's line, unless its level is not shown."""
        if LEVELS.index(level) > self._most:
            return
        date = time.strftime("%Y-%m-%d %H:%M:%S %z")
        thread = (threading.current_thread().native_id or 0) % 10_000
        text = f"{date} [{level.upper()}] ({thread:04}@{label}): {message}"
        if self._color and level in _COLORS:
            text = f"{_COLORS[level]}{text}{_PLAIN}"
        self.write(f"{text}\n".encode())

    def write(self, data: bytes) -> None:
        """Straight to the descriptor, which commands write to as well: the order stays true."""
        with self._lock:
            sys.stdout.flush()
            descriptor = sys.stdout.fileno()
            while data:
                data = data[os.write(descriptor, data) :]


class TaskOutput:
    """The log of one execution, on standard output."""

    def __init__(self, console: Console, label: str) -> None:
        self._console = console
        self._label = label

    def info(self, message: str) -> None:
        self._console.line("info", message, self._label)

    def error(self, message: str) -> None:
        self._console.line("error", message, self._label)

    def write(self, text: str) -> None:
        """A task's own words; on a terminal they end with their line."""
        self.write_bytes(text.encode("utf-8", "replace"))
        if text and not text.endswith("\n"):
            self.write_bytes(b"\n")

    def write_bytes(self, data: bytes) -> None:
        self._console.write(data)

    def fileno(self) -> int:
        return sys.stdout.fileno()

    def close(self) -> None:
        pass


class KeptOutput:
    """A log in a file, which is shown as well once it is whole."""

    def __init__(self, console: Console, log: RunLog) -> None:
        self._console = console
        self._log = log
        self.info, self.error, self.write = log.info, log.error, log.write
        self.write_bytes, self.fileno = log.write_bytes, log.fileno

    def close(self) -> None:
        with open(f"/dev/fd/{self._log.fileno()}", "rb") as file:
            while chunk := file.read(_CHUNK):
                self._console.write(chunk)
        self._log.close()
