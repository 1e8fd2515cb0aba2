"""Canonical content: when two commits mean the same project, and the archive that tasks run from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.git.snapshot import Snapshot
from engine.files.archive import Entry, pack


def content_hash(snapshot: Snapshot, parsed: Mapping[str, Any]) -> str:
    """Equal for content that means the same (decisions.md, "Canonical content").

    `parsed` holds the values of the workflow files by path: of these only the values count, with the
    order of keys; of every other file each byte, its executable bit and where a link leads.
    """
    digest = hashlib.sha256()
    for row in _rows(snapshot, parsed):
        digest.update(json.dumps(row, separators=(",", ":"), default=repr).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _rows(snapshot: Snapshot, parsed: Mapping[str, Any]) -> Iterator[list[Any]]:
    for path, file in snapshot.files.items():
        if file.link is not None:
            yield [path, "link", file.link]
        elif path in parsed:
            yield [path, "values", parsed[path]]
        else:
            yield [path, "bytes", file.blob, file.executable]


def archive(snapshot: Snapshot) -> bytes:
    """The project's files as a tar.gz that is the same for the same files."""
    return pack(_entries(snapshot))


def _entries(snapshot: Snapshot) -> Iterator[Entry]:
    for path, file in snapshot.files.items():
        if file.link is not None:
            yield Entry(path, 0o777, link=file.link)
        else:
            yield Entry(path, 0o755 if file.executable else 0o644, snapshot.content(file))
