"""Task logs: a file per execution of a task, in the layout and with the names of rest-api.md §12.

While a task runs its log is a plain file that commands write to themselves; at the end a large one
is compressed. What readers get is always gzip.
"""

from __future__ import annotations

import gzip
import logging
import os
import socket
import threading
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from engine.errors import ConfigError, NotFound
from engine.files import names
from engine.model import TaskRun
from engine.zones import zone

_log = logging.getLogger(__name__)
_BLOCK = 4096  # what a small file takes on the disk anyway
_CHUNK = 1 << 20
_GZIP = 31
_SITE = 0


class LogWriteError(Exception):
    """A task's log could not be written; the text is for the user."""


class _Place(Protocol):
    """What attempts and runs of their tasks have in common."""

    @property
    def project_id(self) -> int: ...
    @property
    def workflow_name(self) -> str: ...
    @property
    def session_time(self) -> datetime: ...
    @property
    def timezone(self) -> str: ...
    @property
    def retry_attempt_name(self) -> str | None: ...


class HasLogs(_Place, Protocol):
    """What says where the logs of an attempt are; `engine.model.Attempt` has it all."""

    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log as lists show it. `size` is in bytes: of the gzip, or of the text while it grows."""

    name: str
    size: int
    task_name: str
    time: datetime
    agent: str


def default_agent() -> str:
    """`<pid>@<host name>`, as Digdag calls an agent that has no name."""
    return f"{os.getpid()}@{socket.gethostname()}"


class LogStore:
    """Logs in a folder. Safe with several threads, and with readers in other processes."""

    def __init__(self, root: Path, agent: str | None = None) -> None:
        self.root = root
        self.agent = (agent or default_agent()).replace("/", "_")

    def open(self, run: TaskRun) -> OpenLog:
        """Begin the log of one execution. Raises `LogWriteError`."""
        folder = _folder(run, run.attempt_created_at)
        label = f"[{_SITE}:{run.project_name}:{run.session_id}:{run.attempt_id}]{run.full_name}"
        try:
            path, descriptor = self._create(os.path.join(self.root, folder), run.full_name)
        except OSError as error:
            raise LogWriteError(_sorry(error)) from error
        return OpenLog(path, descriptor, label)

    def _create(self, folder: str, full_name: str) -> tuple[str, int]:
        task = names.encode(full_name)
        if names.shortened(task):
            _note_name(folder, task, full_name)
        while True:
            name = names.log_name(task, time.time_ns(), self.agent)
            path = os.path.join(folder, name.removesuffix(".gz"))
            try:
                return path, os.open(path, _CREATE, 0o644)
            except FileExistsError:
                continue  # another execution began in the same nanosecond
            except FileNotFoundError:
                os.makedirs(folder, exist_ok=True)

    def list(self, attempt: HasLogs, prefix: str = "") -> list[LogFile]:
        """The logs of an attempt whose file name or task name starts with `prefix`, by name."""
        folder = self.folder_of(attempt)
        files = (_describe(folder, name) for name in sorted(_log_names(folder)))
        return [
            file
            for file in files
            if file and (file.name.startswith(prefix) or file.task_name.startswith(prefix))
        ]

    def read(self, attempt: HasLogs, name: str) -> bytes:
        """The gzip of one file, also while its task runs.

        Raises `ConfigError` for a name that leads elsewhere, `NotFound`.
        """
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            raise ConfigError(f"Invalid file name: {name}")
        path = self.folder_of(attempt) / name
        if names.parse_log_name(name) is None:
            raise NotFound(f"No log file {name!r}")
        # Between the two looks the plain file may have become the other one: look again.
        for candidate in (path, path.with_suffix(""), path):
            try:
                data = candidate.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            return data if candidate is path else _squeeze(data)
        raise NotFound(f"No log file {name!r}")

    def folder_of(self, attempt: HasLogs) -> Path:
        """Where the attempt's files lie; there is no such folder before the first one."""
        return self.root / _folder(attempt, attempt.created_at)


_CREATE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def _folder(place: _Place, created_at: datetime) -> str:
    """`day/site.project.workflow@session time[_attempt name]`.

    The second dot is ours, so that project 1 with workflow `2x` is not project 12 with workflow `x`
    (engine.md §25.2, 15).
    """
    day = created_at.astimezone(UTC)
    local = place.session_time.astimezone(zone(place.timezone))
    name = place.retry_attempt_name
    return (
        f"{day.year:04}-{day.month:02}-{day.day:02}/{_SITE}.{place.project_id}."
        f"{names.encode(place.workflow_name)}@{local:%Y%m%dT%H%M%S%z}"
        f"{f'_{names.encode(name)}' if name else ''}"
    )


def _note_name(folder: str, task: str, full_name: str) -> None:
    """Keep the whole of a name that is too long for a file's name."""
    note = os.path.join(folder, f"{task}.name")
    if not os.path.exists(note):
        os.makedirs(folder, exist_ok=True)
        with open(note, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(full_name)


def _log_names(folder: Path) -> set[str]:
    """Names as they are shown: a plain file is shown under the name it will have."""
    try:
        found = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return set()
    plain = {f"{name}.gz" for name in found if name.endswith(".log")}
    return plain | {name for name in found if name.endswith(".log.gz")}


def _describe(folder: Path, name: str) -> LogFile | None:
    said = names.parse_log_name(name)
    size = _size(folder / name)
    if said is None or size is None:
        return None
    return LogFile(name, size, task_name(folder, said.task), said.time, said.agent)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        pass
    try:
        plain = path.with_suffix("")
        size = plain.stat().st_size
        return len(_squeeze(plain.read_bytes())) if size <= _BLOCK else size
    except FileNotFoundError:
        return path.stat().st_size if path.exists() else None


def task_name(folder: Path, task: str) -> str:
    """The full name of the task whose encoded name a file name begins with."""
    if names.shortened(task):
        try:
            return (folder / f"{task}.name").read_text("utf-8", "surrogatepass")
        except FileNotFoundError:
            pass
    return names.decode(task)


def _squeeze(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=_GZIP)
    return squeeze.compress(data) + squeeze.flush()


def _sorry(error: OSError) -> str:
    return f"The log of the task cannot be written: {error.strerror or error}"


class OpenLog:
    """The log of one execution (`engine.operators.api.TaskLog`). Each call is one write.

    Raises `LogWriteError` when the disk is full or broken.
    """

    def __init__(self, path: str, descriptor: int, label: str) -> None:
        self.path = path
        self._descriptor = descriptor
        self._label = label

    def info(self, message: str) -> None:
        self._line("INFO", message)

    def error(self, message: str) -> None:
        self._line("ERROR", message)

    def write(self, text: str) -> None:
        self.write_bytes(text.encode("utf-8", "replace"))

    def write_bytes(self, data: bytes) -> None:
        """Add raw bytes, all of them."""
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise LogWriteError(_sorry(error)) from error

    def fileno(self) -> int:
        return self._descriptor

    def _line(self, level: str, message: str) -> None:
        seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
        thread = (threading.current_thread().native_id or 0) % 10_000
        self.write(
            f"{date}.{nanos // 1_000_000:03} +0000 [{level}]"
            f" ({thread:04}@{self._label}) digbot: {message}\n"
        )

    def close(self) -> None:
        """End the log; compress it when that saves room. Never raises."""
        descriptor, self._descriptor = self._descriptor, -1  # the number will be used again
        try:
            size = os.fstat(descriptor).st_size
            os.close(descriptor)
            if size > _BLOCK:
                _compress(self.path)
        except OSError as error:
            _log.warning("The log %s stays uncompressed: %s", self.path, error)


def _compress(path: str) -> None:
    """Readers find the plain file until the other one is whole."""
    part = f"{path}.part"
    try:
        with open(path, "rb") as plain, gzip.open(part, "wb", compresslevel=6) as packed:
            while chunk := plain.read(_CHUNK):
                packed.write(chunk)
        os.replace(part, f"{path}.gz")
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    os.unlink(path)
