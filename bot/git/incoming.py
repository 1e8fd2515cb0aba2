"""Objects that were sent, kept apart until the push is accepted: a push refused or cut off leaves nothing."""

from __future__ import annotations

import os
import shutil
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from bot.git.errors import BadPack, GitError
from bot.git.tree import Repository
from engine.files.local import sync_folder

_MEBIBYTE = 1024 * 1024
_CHUNK = 65536
_STEP = 4096  # most objects are smaller
_HEADER = 12  # "PACK", version, number of objects (gitformat-pack)
_OFFSET_DELTA, _REF_DELTA = 6, 7
_PLAIN_TYPES = (1, 2, 3, 4)  # commit, tree, blob, tag


@dataclass(frozen=True, slots=True)
class PushLimits:
    """In bytes. A pack is counted as sent; objects as they are when unpacked."""

    pack: int = 512 * _MEBIBYTE
    object: int = 128 * _MEBIBYTE
    unpacked: int = 4096 * _MEBIBYTE


class Incoming:
    """A scratch repository beside the real one, whose objects it sees. Removed at the end."""

    def __init__(self, folder: Path, base: Path | None) -> None:
        """`folder` is on the disk of `base`, which is None for a repository that is not there yet.

        Raises `GitError`, `OSError`.
        """
        self.path = folder / f"{uuid.uuid4().hex}.git"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.repository = Repository.scratch(self.path, base)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        self.is_empty = True  # nothing was sent that the repository does not have

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def reopen(self) -> None:
        """See objects that were added by other means than this repository."""
        self.repository = Repository(self.path)

    @property
    def objects(self) -> Path:
        return self.path / "objects"

    def check(self, ids: Iterable[str]) -> None:
        """Raise `BadPack` unless all that these new objects need is here.

        What a repository holds is complete, so the objects that came with the push are enough.
        """
        known = set(ids)
        self.is_empty = not known
        for new in sorted(known):
            kind, needed = self._needs(new)
            for other in needed:
                if other in known or self.repository.has(other):
                    known.add(other)
                    continue
                if kind == "commit":
                    raise BadPack(
                        "the history is cut off: run `git fetch --unshallow` and push again"
                    )
                raise BadPack(f"object {other[:12]}, which {kind} {new[:12]} needs, was not sent")

    def promote(self, target: Path) -> None:
        """Move the packs into the repository at `target`; on disk when this returns."""
        if self.is_empty:
            return
        source, goal = self.objects / "pack", target / "objects" / "pack"
        names = sorted(path.name for path in source.glob("pack-*"))
        # The index goes last: git looks for it, and finds a pack that is there.
        for name in sorted(names, key=lambda name: name.endswith(".idx")):
            os.replace(source / name, goal / name)
        sync_folder(goal)

    def _needs(self, new: str) -> tuple[str, list[str]]:
        try:
            return self.repository.references(new)
        except (GitError, KeyError, ValueError, IndexError) as error:
            raise BadPack(f"object {new[:12]} cannot be read: {error}") from error


def clean(folder: Path) -> None:
    """Remove what a server left that was killed during a push."""
    shutil.rmtree(folder, ignore_errors=True)


def measure(pack: BinaryIO, limits: PushLimits) -> None:
    """Raise `BadPack` for a pack that would fill the memory when it is read: sizes are lies at will.

    Reads from the start, in pieces, and keeps nothing.
    """
    reader = _Reader(pack)
    header = reader.take(_HEADER)
    if header[:4] != b"PACK":
        raise BadPack("what was sent is no pack")
    total = 0
    for _ in range(int.from_bytes(header[8:12], "big")):
        size = _measure_object(reader, limits)
        total += size
        if size > limits.object:
            raise BadPack(
                f"an object has {_mib(size)} MiB, at most {_mib(limits.object)} are allowed"
            )
        if total > limits.unpacked:
            raise BadPack(f"the push unpacks to more than {_mib(limits.unpacked)} MiB")


def _measure_object(reader: _Reader, limits: PushLimits) -> int:
    """The size of the next object, for a delta of what it makes."""
    byte = reader.byte()
    kind = byte >> 4 & 7
    size, shift = byte & 15, 4
    while byte & 128:
        byte = reader.byte()
        size |= (byte & 127) << shift
        shift += 7
    if kind == _OFFSET_DELTA:
        while reader.byte() & 128:
            pass
    elif kind == _REF_DELTA:
        reader.take(20)
    elif kind not in _PLAIN_TYPES:
        raise BadPack(f"the pack has an object of unknown type {kind}")
    if size > limits.object:
        return size
    start = reader.inflate(size)
    return max(size, _delta_result(start)) if kind in (_OFFSET_DELTA, _REF_DELTA) else size


def _delta_result(start: bytes) -> int:
    """The second of the two sizes that a delta begins with."""
    sizes, value, shift = [], 0, 0
    for byte in start:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            sizes.append(value)
            value, shift = 0, 0
    return sizes[1] if len(sizes) > 1 else 0


class _Reader:
    """Bytes of a pack in order, with what zlib gave back read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        self._at = 0

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        while len(self._buffer) - self._at < count:
            self._fill()
        self._at += count
        return self._buffer[self._at - count : self._at]

    def inflate(self, size: int) -> bytes:
        """Skip a zlib stream that holds `size` bytes; the first few of them."""
        stream = zlib.decompressobj()
        start, done = b"", 0
        try:
            while not stream.eof:
                if self._at == len(self._buffer):
                    self._fill()
                data = self._buffer[self._at : self._at + _STEP]
                plain = stream.decompress(data, _CHUNK)
                self._at += len(data) - len(stream.unconsumed_tail or stream.unused_data)
                start = start or plain[:20]
                done += len(plain)
                if done > size:
                    raise BadPack("an object is larger than its header says")
        except zlib.error as error:
            raise BadPack(f"the pack is damaged: {error}") from error
        return start

    def _fill(self) -> None:
        data = self._file.read(_CHUNK)
        if not data:
            raise BadPack("the pack is cut off")
        self._buffer = self._buffer[self._at :] + data
        self._at = 0


def _mib(size: int) -> int:
    return size // _MEBIBYTE
