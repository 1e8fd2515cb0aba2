"""Telling a pool that one of its threads waits for something outside, so that others may work.

A pool attaches itself to its threads; whoever waits long wraps the wait in `blocking`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Pool(Protocol):
    def thread_blocks(self) -> None:
        """The calling thread begins to wait, and uses no processor."""

    def thread_continues(self) -> None:
        """The calling thread is back."""


_current = threading.local()


def attach(pool: Pool) -> None:
    """Say which pool the calling thread belongs to."""
    _current.pool = pool


@contextmanager
def blocking() -> Iterator[None]:
    """Around a wait. Does nothing in a thread of no pool."""
    pool: Pool | None = getattr(_current, "pool", None)
    if pool is None:
        yield
        return
    pool.thread_blocks()
    try:
        yield
    finally:
        pool.thread_continues()
