"""Workspaces of a server: each execution gets a copy of its revision's files."""

from __future__ import annotations

import itertools
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.executor.unpacked import Unpacked, unpack
from engine.executor.workspace import (
    TemporaryWorkspace,
    Workspace,
    load_definition,
    remove,
)
from engine.files import archive
from engine.files.base import FileStore
from engine.model import Params, TaskRun

_KEPT = 8  # revisions
_SPARE = 16  # folders of one revision, for later executions
_TEMPLATES = ".revisions"


@dataclass(slots=True, eq=False)
class _Slot:
    """A place of the cache. Its lock lets one of many tasks unpack what they all wait for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    unpacked: Unpacked | None = None
    definitions: dict[str, Params] = field(default_factory=dict)
    tidied: list[str] = field(default_factory=list)
    users: int = 0

    def discard(self) -> None:
        if self.unpacked is not None:
            self.unpacked.discard()
        for folder in self.tidied:
            remove(folder)


class RevisionWorkspaces:
    """Folders below `root`, which is this object's own: at its first use, what is there is removed.

    What an execution leaves of the project's own files and folders is used again by a later one of
    the same revision, after a look at every byte: making and removing files is the dearest part of
    a workspace.
    """

    def __init__(self, root: Path, store: FileStore) -> None:
        self._root = os.path.abspath(root)
        self._store = store
        self._lock = threading.Lock()
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._serial = itertools.count()
        self._begun = False

    def _begin(self) -> None:
        """Make room. Whoever only wants to read other things of a running server never gets here."""
        if os.path.isdir(self._root):
            remove(self._root)
        os.makedirs(f"{self._root}/{_TEMPLATES}", mode=stat.S_IRWXU)
        self._begun = True

    def open(self, run: TaskRun) -> Workspace:
        slot = self._take(run.archive_sha256)
        workspace = None
        try:
            unpacked = self._unpacked(slot, run.archive_sha256)
            workspace = _Copy(self._folder(slot, unpacked), self, slot, unpacked)
            unpacked.fill(workspace.path)
        except BaseException:
            if workspace is None:
                self._give_back(slot)
            else:
                workspace.close()
            raise
        return workspace

    def _folder(self, slot: _Slot, unpacked: Unpacked) -> str:
        try:
            return slot.tidied.pop()
        except IndexError:
            folder = f"{self._root}/{next(self._serial)}"
            unpacked.make_folders(folder)
            return folder

    def close(self, copy: _Copy, slot: _Slot, unpacked: Unpacked) -> None:
        try:
            if copy.reusable and unpacked.tidy(copy.path) and len(slot.tidied) < _SPARE:
                slot.tidied.append(copy.path)
            else:
                remove(copy.path)
        finally:
            self._give_back(slot)

    def read(self, run: TaskRun, path: str) -> bytes:
        with self._using(run) as (_, unpacked):
            return unpacked.read(path)

    def definition(self, run: TaskRun, path: str) -> Params:
        with self._using(run) as (slot, unpacked):
            found = slot.definitions.get(path)
            if found is None:
                found = slot.definitions[path] = load_definition(unpacked, path)
            return found

    @contextmanager
    def _using(self, run: TaskRun) -> Iterator[tuple[_Slot, Unpacked]]:
        slot = self._take(run.archive_sha256)
        try:
            yield slot, self._unpacked(slot, run.archive_sha256)
        finally:
            self._give_back(slot)

    def _unpacked(self, slot: _Slot, sha256: str) -> Unpacked:
        with slot.lock:
            if slot.unpacked is None:
                entries = archive.read(self._store.get(sha256))
                folder = f"{self._root}/{_TEMPLATES}/{next(self._serial)}"
                slot.unpacked = unpack(entries, folder)
            return slot.unpacked

    def _take(self, sha256: str) -> _Slot:
        with self._lock:
            if not self._begun:
                self._begin()
            slot = self._slots.setdefault(sha256, _Slot())
            self._slots.move_to_end(sha256)
            slot.users += 1
            return slot

    def _give_back(self, slot: _Slot) -> None:
        with self._lock:
            slot.users -= 1
            surplus = len(self._slots) - _KEPT
            idle = (
                [key for key, each in self._slots.items() if not each.users] if surplus > 0 else []
            )
            dropped = [self._slots.pop(key) for key in idle[: max(0, surplus)]]
        for each in dropped:
            each.discard()


class _Copy(TemporaryWorkspace):
    def __init__(
        self, path: str, owner: RevisionWorkspaces, slot: _Slot, unpacked: Unpacked
    ) -> None:
        super().__init__(path)
        self._owner = owner
        self._slot = slot
        self._unpacked = unpacked
        self.reusable = True

    def spoil(self) -> None:
        self.reusable = False

    def remove(self) -> None:
        self._owner.close(self, self._slot, self._unpacked)
