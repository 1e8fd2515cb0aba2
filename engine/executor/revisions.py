"""Workspaces of a server: each execution gets a copy of the revision's files.

Revisions are kept unpacked: small ones in memory, large ones on disk. Files are copied and never
linked, as a task may write to them.
"""

from __future__ import annotations

import itertools
import os
import posixpath
import shutil
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.dig.source import Files
from engine.executor.workspace import (
    TemporaryWorkspace,
    Workspace,
    load_definition,
    remove,
)
from engine.files import archive
from engine.files.base import FileStore
from engine.model import Params, TaskRun

_IN_MEMORY = 4 << 20  # bytes of a revision that are kept in memory
_KEPT = 8  # revisions
_TEMPLATES = ".revisions"


@dataclass(slots=True)
class _Revision:
    """Unpacked. The entries of a large one hold no data: it lies below `folder`."""

    entries: list[archive.Entry]
    files: Files
    folder: str | None
    folders: list[str]
    definitions: dict[str, Params] = field(default_factory=dict)

    def copy_to(self, target: str) -> None:
        os.mkdir(target, stat.S_IRWXU)
        for folder in self.folders:
            os.mkdir(f"{target}/{folder}")
        for entry in self.entries:
            path = f"{target}/{entry.path}"
            if entry.link is not None:
                os.symlink(entry.link, path)
            elif self.folder is None:
                _write(path, entry)
            else:
                shutil.copyfile(f"{self.folder}/{entry.path}", path)
                os.chmod(path, entry.mode)

    def discard(self) -> None:
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


class _FilesOnDisk(archive.ArchiveFiles):
    """Reads what the entries, without their data, say that is there."""

    def __init__(self, entries: list[archive.Entry], folder: str) -> None:
        super().__init__(entries)
        self._folder = folder

    def read(self, path: str) -> bytes:
        entry = self.find(path)
        if entry is None:
            raise FileNotFoundError(path)
        return Path(self._folder, entry.path).read_bytes()


def _unpacked(entries: list[archive.Entry], folder: str) -> _Revision:
    folders = sorted({above for entry in entries for above in _above(entry.path)})
    revision = _Revision(entries, archive.ArchiveFiles(entries), None, folders)
    if sum(len(entry.data) for entry in entries) <= _IN_MEMORY:
        return revision
    revision.copy_to(folder)
    bare = [replace(entry, data=b"") for entry in entries]
    return _Revision(bare, _FilesOnDisk(bare, folder), folder, folders)


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _write(path: str, entry: archive.Entry) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, entry.mode)
    try:
        data = entry.data
        while data:
            data = data[os.write(descriptor, data) :]
        if entry.mode & _UMASK:
            os.fchmod(descriptor, entry.mode)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


_UMASK = _umask()  # at import, when no other thread makes files


@dataclass(slots=True)
class _Slot:
    """A place of the cache. Its lock lets one of many tasks unpack what they all wait for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    revision: _Revision | None = None
    users: int = 0


class RevisionWorkspaces:
    """Folders below `root`, which is this object's own: what is in it at first is removed."""

    def __init__(self, root: Path, store: FileStore) -> None:
        self._root = os.path.abspath(root)
        self._store = store
        self._lock = threading.Lock()
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._serial = itertools.count()
        if os.path.isdir(self._root):
            remove(self._root)
        os.makedirs(f"{self._root}/{_TEMPLATES}", mode=stat.S_IRWXU)

    def open(self, run: TaskRun) -> Workspace:
        workspace = TemporaryWorkspace(f"{self._root}/{run.task_id}-{next(self._serial)}")
        try:
            with self._revision(run.archive_sha256) as revision:
                revision.copy_to(workspace.path)
        except BaseException:
            if os.path.isdir(workspace.path):
                workspace.close()
            raise
        return workspace

    def read(self, run: TaskRun, path: str) -> bytes:
        with self._revision(run.archive_sha256) as revision:
            return revision.files.read(path)

    def definition(self, run: TaskRun, path: str) -> Params:
        with self._revision(run.archive_sha256) as revision:
            found = revision.definitions.get(path)
            if found is None:
                found = revision.definitions[path] = load_definition(revision.files, path)
            return found

    @contextmanager
    def _revision(self, sha256: str) -> Iterator[_Revision]:
        slot = self._take(sha256)
        try:
            with slot.lock:
                if slot.revision is None:
                    entries = archive.read(self._store.get(sha256))
                    folder = f"{self._root}/{_TEMPLATES}/{sha256}-{next(self._serial)}"
                    slot.revision = _unpacked(entries, folder)
            yield slot.revision
        finally:
            self._give_back(slot)

    def _take(self, sha256: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(sha256, _Slot())
            self._slots.move_to_end(sha256)
            slot.users += 1
            return slot

    def _give_back(self, slot: _Slot) -> None:
        with self._lock:
            slot.users -= 1
            idle = [key for key, each in self._slots.items() if not each.users]
            dropped = [self._slots.pop(key) for key in idle[: max(0, len(self._slots) - _KEPT)]]
        for each in dropped:
            if each.revision is not None:
                each.revision.discard()
