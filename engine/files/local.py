"""A file store in a folder: written whole, synced, and only then visible under its name."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from engine.errors import EngineError, NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")


class LocalFiles:
    """Files below `root`, as `ab/cdef…`. Safe with several writers at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound(f"No file is stored as {sha256!r}")
        return self.root / sha256[:2] / sha256[2:]

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256. It is on the disk when this returns."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(target, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises `NotFound` when it was never put, `EngineError` when it is damaged."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"No file is stored as {sha256}") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise EngineError(f"The stored file {self.path(sha256)} is damaged")
        return data


def _write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, sync, rename, sync the folder: a crash leaves all or nothing."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Names that were made or changed in the folder are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
