"""Bytes that outlive a task: the protocol of a file store."""

from __future__ import annotations

from typing import Protocol


class FileStore(Protocol):
    """Content by its SHA-256, in hexadecimal digits."""

    def put(self, data: bytes) -> str:
        """Keep `data` for good, once however often it comes; its SHA-256."""

    def get(self, sha256: str) -> bytes:
        """The content. Raises `NotFound` when it was never put, `EngineError` when it is damaged."""
