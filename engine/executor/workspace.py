"""A folder with the project's files for one execution of a task (engine.md §22)."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.dig.source import Files, FolderFiles
from engine.model import Params, TaskRun

_log = logging.getLogger(__name__)
SCRATCH = ".digdag/tmp"
SCRIPT_MODE = stat.S_IRUSR | stat.S_IWUSR


class Workspace(Protocol):
    @property
    def path(self) -> str: ...

    def scratch(self, prefix: str) -> str:
        """A new folder below `.digdag/tmp`; its path."""

    def script(self, prefix: str, name: str, data: bytes) -> str:
        """A file for its owner only, alone in a scratch folder; its path."""

    def spoil(self) -> None:
        """Somebody may go on writing to it: it must serve nobody else."""

    def close(self) -> None:
        """The execution ended. Never raises."""


class Workspaces(Protocol):
    """Where executions find the files of their project."""

    def open(self, run: TaskRun) -> Workspace: ...

    def read(self, run: TaskRun, path: str) -> bytes:
        """A project file, without making a folder. Raises `FileNotFoundError`."""

    def definition(self, run: TaskRun, path: str) -> Params:
        """The `.dig` file at `path`, as `call>` reads it. Raises `ConfigError`."""


class FolderWorkspaces:
    """Local runs: the project's own folder serves all tasks, and what they leave in it stays."""

    def __init__(self, folder: Path) -> None:
        self._path = os.path.abspath(folder)
        self._files = FolderFiles(folder)

    def open(self, run: TaskRun) -> Workspace:  # noqa: ARG002 - one folder for all
        return _OwnFolder(self._path)

    def read(self, run: TaskRun, path: str) -> bytes:  # noqa: ARG002
        return self._files.read(path)

    def definition(self, run: TaskRun, path: str) -> Params:  # noqa: ARG002
        return load_definition(self._files, path)


class _Folder:
    def __init__(self, path: str) -> None:
        self.path = path

    def scratch(self, prefix: str) -> str:
        return self._place(prefix, os.mkdir)

    def _place(self, prefix: str, make: Callable[[str], None]) -> str:
        """A folder of a new name below `.digdag/tmp`, which `make` makes."""
        parent = f"{self.path}/{SCRATCH}"
        while True:
            path = f"{parent}/{prefix}-{os.urandom(4).hex()}"
            try:
                make(path)
            except FileNotFoundError:
                if os.path.isdir(parent):
                    raise
                os.makedirs(parent)
            except FileExistsError:
                continue
            else:
                return path

    def script(self, prefix: str, name: str, data: bytes) -> str:
        path = f"{self.scratch(prefix)}/{name}"
        write_script(path, data, os.O_CREAT | os.O_EXCL)
        return path

    def spoil(self) -> None:
        pass

    def close(self) -> None:
        pass


class _OwnFolder(_Folder):
    """The user's folder: only what digbot put into it goes, which may hold secrets."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._scratch: list[str] = []

    def _place(self, prefix: str, make: Callable[[str], None]) -> str:
        self._scratch.append(path := super()._place(prefix, make))
        return path

    def close(self) -> None:
        for path in self._scratch:
            try:
                remove(path)
            except FileNotFoundError:  # by the task itself
                continue
            except OSError as error:
                _log.warning("%s could not be removed: %s", path, error)


def write_script(path: str, data: bytes, flags: int = 0) -> None:
    """Make the file, with the flags for that, or write over it.

    It is cut behind the data, never emptied before: when a file that was emptied is closed, ext4
    sends it to the disk at once.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | flags, SCRIPT_MODE)
    try:
        size = len(data)
        while data:
            data = data[os.write(descriptor, data) :]
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


class TemporaryWorkspace(_Folder):
    """A folder of one execution's own."""

    def close(self) -> None:
        try:
            self.remove()
        except OSError as error:
            _log.warning("The workspace %s could not be removed: %s", self.path, error)

    def remove(self) -> None:
        remove(self.path)


def remove(folder: str) -> None:
    """Remove a folder with all it holds, in as few calls to the system as there are."""
    try:
        entries = os.scandir(folder)
    except PermissionError:  # the task took its rights away
        os.chmod(folder, stat.S_IRWXU)
        entries = os.scandir(folder)
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                remove(entry.path)
            else:
                _unlink(entry.path, folder)
    os.rmdir(folder)


def _unlink(path: str, folder: str) -> None:
    try:
        os.unlink(path)
    except PermissionError:
        os.chmod(folder, stat.S_IRWXU)
        os.unlink(path)


def load_definition(files: Files, path: str) -> Params:
    from engine.dig.project import load_called

    return load_called(files, path)
