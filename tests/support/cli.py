"""What a run of the command line left behind, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    def ok(self) -> str:
        """Its output, when it succeeded."""
        assert self.code == 0, f"{self.out}\n{self.err}"
        return self.out


Digbot = Callable[..., Ran]


def field(text: str, key: str) -> str:
    """The first value of `key: value`."""
    lines = (line.strip() for line in text.splitlines())
    return next(line.partition(": ")[2] for line in lines if line.startswith(f"{key}:"))
