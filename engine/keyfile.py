"""The key that encrypts secrets: configured, or made at the first start (decisions.md, Server)."""

from __future__ import annotations

import base64
import os
from pathlib import Path

SIZE = 16  # bytes, as Digdag's


def read_or_make(path: Path) -> str:
    """The key as base64. A new file has mode 0600; an interrupted start leaves none or a whole one."""
    try:
        return path.read_text()
    except FileNotFoundError:
        _make(path)
        return path.read_text()


def _make(path: Path) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(os.urandom(SIZE)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)  # never over a key that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        os.unlink(part)
