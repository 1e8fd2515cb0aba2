"""What the logs of an attempt gained since the last look: for those who follow a running attempt."""

from __future__ import annotations

import codecs
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.files import names
from engine.files.logs import HasLogs, LogStore, task_name

PIECE = 256 * 1024  # bytes of one piece
_GZIP = 47  # zlib's window bits for a gzip frame, found by its header


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that follows the first `offset` bytes of a file's plain text."""

    name: str
    task_name: str
    offset: int
    size: int
    text: str


class Tail:
    """Reads on where it stopped, file after file. Used by one thread at a time."""

    def __init__(self, logs: LogStore, attempt: HasLogs, prefix: str = "") -> None:
        self._prefix = prefix
        self._folder = logs.folder_of(attempt)
        self._offsets: dict[str, int] = {}  # by the name the file will have in the end
        self._ended: set[str] = set()
        self._tasks: dict[str, str] = {}

    def read(self, limit: int) -> list[Piece]:
        """New text in the order in which the files began, about `limit` bytes at most."""
        pieces = []
        for name in self._names():
            piece = self._read(name)
            if piece is not None:
                pieces.append(piece)
                limit -= piece.size
                if limit <= 0:
                    break
        return pieces

    def _names(self) -> Iterator[str]:
        try:
            found = {_final(name) for name in os.listdir(self._folder)}
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in sorted(found - self._ended - {""}, key=names.beginning):
            if name not in self._tasks:
                self._tasks[name] = task_name(self._folder, name.partition("@")[0])
            if self._tasks[name].startswith(self._prefix):
                yield name

    def _read(self, name: str) -> Piece | None:
        offset = self._offsets.get(name, 0)
        path = self._folder / name
        data = _plain_from(path.with_suffix(""), offset)
        if data is None:  # it ended, and was compressed
            data = _packed_from(path, offset)
            if data is None:
                return None
            if len(data) < PIECE:
                self._ended.add(name)
        data = _whole_characters(data[:PIECE])
        if not data:
            return None
        self._offsets[name] = offset + len(data)
        text = data.decode("utf-8", "replace")
        return Piece(name, self._tasks[name], offset, len(data), text)


def _final(name: str) -> str:
    """The name a log file has in the end; empty for other files."""
    if name.endswith(".log"):
        name = f"{name}.gz"
    return name if name.endswith(".log.gz") and names.parse_log_name(name) else ""


def _plain_from(path: Path, offset: int) -> bytes | None:
    try:
        if path.stat().st_size <= offset:
            return b""
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(PIECE)
    except FileNotFoundError:
        return None


def _packed_from(path: Path, offset: int) -> bytes | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    unzip = zlib.decompressobj(_GZIP)
    return unzip.decompress(data)[offset : offset + PIECE]


def _whole_characters(data: bytes) -> bytes:
    """Without the beginning of a UTF-8 character at the end, whose rest is still to come."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data)
    rest, _ = decoder.getstate()
    return data[: len(data) - len(rest)]
