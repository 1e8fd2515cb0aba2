"""Keeps the writing of programs and the starting of processes apart.

Between fork and exec a new process holds a copy of every descriptor of this one. If one of them is
open for writing on a program, whoever runs that program meanwhile is told "Text file busy": seen in
two of 14,400 tasks that ran a script of their project.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ProgramGate:
    """Many may start processes at once, or one may write a program; who writes goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._starting = 0
        self._writers = 0
        self._writing = False

    @contextmanager
    def starting(self) -> Iterator[None]:
        """While a process is being started."""
        with self._changed:
            while self._writers:
                self._changed.wait()
            self._starting += 1
        try:
            yield
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While a file is open that somebody may run."""
        with self._changed:
            self._writers += 1
            while self._starting or self._writing:
                self._changed.wait()
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                self._writing = False
                self._changed.notify_all()


GATE = ProgramGate()  # one for the process: descriptors are the process's
