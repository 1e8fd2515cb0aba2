"""A revision's files, ready to be copied: small ones in memory, large ones on disk.

Files are copied and never linked, as a task may write to them.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.command.programs import GATE
from engine.executor.workspace import SCRATCH, remove
from engine.files.archive import ArchiveFiles, Entry

_IN_MEMORY = 4 << 20  # bytes of a revision that are kept in memory


def unpack(entries: list[Entry], folder: str) -> Unpacked:
    """Ready to be copied; `folder` is used when the revision is too large for memory."""
    in_memory = Unpacked(entries)
    if sum(len(entry.data) for entry in entries) <= _IN_MEMORY:
        return in_memory
    in_memory.make_folders(folder)
    in_memory.fill(folder)
    return Unpacked([replace(entry, data=b"") for entry in entries], folder)


class Unpacked:
    """With a `source` the entries hold no data: it lies there."""

    def __init__(self, entries: list[Entry], source: str | None = None) -> None:
        self._entries = entries
        self._files = ArchiveFiles(entries)
        self._source = source
        # A file that lies on disk anyway is copied anew: comparing it would cost as much.
        in_memory = entries if source is None else []
        self._kept = {entry.path for entry in in_memory if entry.link is None}
        # Those of the engine's own scratch files are always wanted.
        leaves = (*(entry.path for entry in entries), f"{SCRATCH}/-")
        self._folders = sorted({above for leaf in leaves for above in _above(leaf)})

    def paths(self) -> Iterable[str]:
        return self._files.paths()

    def read(self, path: str) -> bytes:
        """The content, through links. Raises `FileNotFoundError`."""
        if self._source is None:
            return self._files.read(path)
        entry = self._files.find(path)
        if entry is None:
            raise FileNotFoundError(path)
        return Path(self._source, entry.path).read_bytes()

    def make_folders(self, target: str) -> None:
        os.mkdir(target, stat.S_IRWXU)
        for folder in self._folders:
            os.mkdir(f"{target}/{folder}")

    def fill(self, target: str) -> None:
        """Make the project's files, where they are not there already as they should be."""
        for entry in self._entries:
            path = f"{target}/{entry.path}"
            if entry.link is not None:
                os.symlink(entry.link, path)
            elif entry.mode & _EXECUTABLE:
                with GATE.writing():
                    self._put(path, entry)
            else:
                self._put(path, entry)

    def _put(self, path: str, entry: Entry) -> None:
        if self._source is None:
            _write(path, entry)
        else:
            shutil.copyfile(f"{self._source}/{entry.path}", path)
            os.chmod(path, entry.mode)

    def tidy(self, target: str) -> bool:
        """Remove what is not the project's; False when its folders are not what they were.

        Its files may stay, in whatever state: `fill` looks at them.
        """
        missing = set(self._folders)
        return self._tidy(target, "", missing) and not missing

    def _tidy(self, folder: str, prefix: str, missing: set[str]) -> bool:
        if stat.S_IMODE(os.lstat(folder).st_mode) != (FOLDER_MODE if prefix else stat.S_IRWXU):
            return False
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if not entry.is_dir(follow_symlinks=False):
                    if path not in self._kept or not entry.is_file(follow_symlinks=False):
                        os.unlink(entry.path)
                elif path not in missing:
                    remove(entry.path)
                elif self._tidy(entry.path, f"{path}/", missing):
                    missing.discard(path)
        return True

    def discard(self) -> None:
        if self._source is not None:
            shutil.rmtree(self._source, ignore_errors=True)


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _write(path: str, entry: Entry) -> None:
    """Make the file, unless it is there with this content. A look is a tenth of the work."""
    try:
        descriptor = os.open(path, _NEW, entry.mode)
    except FileExistsError:
        if _same(path, entry):
            return
        os.unlink(path)
        descriptor = os.open(path, _NEW, entry.mode)
    try:
        data = entry.data
        while data:
            data = data[os.write(descriptor, data) :]
        if entry.mode & _UMASK:
            os.fchmod(descriptor, entry.mode)
    finally:
        os.close(descriptor)


_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_LOOK = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def _same(path: str, entry: Entry) -> bool:
    try:
        descriptor = os.open(path, _LOOK)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        return (
            found.st_mode == stat.S_IFREG | entry.mode
            and found.st_nlink == 1
            and found.st_size == len(entry.data)
            and os.read(descriptor, len(entry.data) + 1) == entry.data
        )
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


_UMASK = _umask()  # at import, when no other thread makes files
FOLDER_MODE = 0o777 & ~_UMASK
