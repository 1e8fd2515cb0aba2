"""Workspaces of a server: each execution gets a copy of its revision's files."""

from __future__ import annotations

import itertools
import os
import stat
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from engine.executor.unpacked import FOLDER_MODE, Unpacked, unpack
from engine.executor.workspace import (
    SCRIPT_MODE,
    TemporaryWorkspace,
    Workspace,
    load_definition,
    remove,
    write_script,
)
from engine.files import archive
from engine.files.base import FileStore
from engine.model import Params, TaskRun

_KEPT = 8  # revisions
_SPARE = 16  # folders of one revision, for later executions
_ASIDE = ".revisions"  # what no task sees: large revisions, scripts of earlier executions


@dataclass(slots=True, eq=False)
class _Slot:
    """A place of the cache. Its lock lets one of many tasks unpack what they all wait for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    unpacked: Unpacked | None = None
    definitions: dict[str, Params] = field(default_factory=dict)
    tidied: list[str] = field(default_factory=list)
    scripts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    users: int = 0

    def discard(self) -> None:
        if self.unpacked is not None:
            self.unpacked.discard()
        for folder in itertools.chain(self.tidied, *self.scripts.values()):
            remove(folder)


class RevisionWorkspaces:
    """Folders below `root`, which is this object's own: at its first use, what is there is removed.

    What an execution leaves of the project's own files and folders is used again by a later one of
    the same revision, after a look at every byte: making and removing files is the dearest part of
    a workspace. The scripts of commands, which are none of the project's files, are kept out of its
    tasks' sight meanwhile. That is more than the calls to the system: ext4 passes over the place of
    every file that was removed within minutes, one by one, to find one for a new file.
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
        os.makedirs(f"{self._root}/{_ASIDE}", mode=stat.S_IRWXU)
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
            if copy.reusable:
                self._keep(copy.scripts, slot)
            if copy.reusable and unpacked.tidy(copy.path) and len(slot.tidied) < _SPARE:
                slot.tidied.append(copy.path)
            else:
                remove(copy.path)
        finally:
            self._give_back(slot)

    def _keep(self, scripts: list[str], slot: _Slot) -> None:
        """For later executions, without what they said: there may be secrets in it."""
        for script in scripts:
            folder, name = os.path.split(script)
            spare = slot.scripts[name]
            if len(spare) < _SPARE and _only_script(folder, name):
                kept = f"{self._root}/{_ASIDE}/{next(self._serial)}"
                os.truncate(script, 1)  # not 0: see `write_script`
                os.rename(folder, kept)
                spare.append(kept)

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
                folder = f"{self._root}/{_ASIDE}/{next(self._serial)}"
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
        self.scripts: list[str] = []

    def script(self, prefix: str, name: str, data: bytes) -> str:
        try:
            spare = self._slot.scripts[name].pop()
        except IndexError:
            path = super().script(prefix, name, data)
        else:
            path = f"{self._place(prefix, partial(os.rename, spare))}/{name}"
            write_script(path, data)
        self.scripts.append(path)
        return path

    def spoil(self) -> None:
        self.reusable = False

    def remove(self) -> None:
        self._owner.close(self, self._slot, self._unpacked)


def _only_script(folder: str, name: str) -> bool:
    """True when the folder holds the script and nothing else, with the rights they were made with."""
    try:
        file = os.lstat(f"{folder}/{name}")
        return (
            file.st_mode == stat.S_IFREG | SCRIPT_MODE
            and file.st_nlink == 1
            and os.lstat(folder).st_mode == stat.S_IFDIR | FOLDER_MODE
            and os.listdir(folder) == [name]
        )
    except OSError:  # the task removed it
        return False
