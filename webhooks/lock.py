"""One server for each data folder: a lock that ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import AlreadyRunning

FILE = "server.lock"


class FolderLock:
    """Held from `acquire` until the process is gone, or `release`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises `AlreadyRunning`, naming the process that holds it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise AlreadyRunning(
                f"Another server (process {holder}) works on the data folder {self._path.parent}. "
                "--database chooses another folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
