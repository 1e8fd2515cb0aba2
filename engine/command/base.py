"""How a process is started: the protocol of a command runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class CannotStart(Exception):  # noqa: N818 - an ending, as TaskFailed is
    """The process could not be started; the text is for the user."""


class Stopped(Exception):  # noqa: N818
    """The attempt was killed: nothing more is started for it."""


class Commands(Protocol):
    """Runs processes for tasks, and stops those of an attempt."""

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        output: int,
        attempt_id: int,
    ) -> int:
        """Run to the end; the exit code, 128 + N when signal N ended it.

        `env` is laid over the environment of this process; standard output and error go to the file
        descriptor `output`, standard input is empty. Raises `CannotStart` and `Stopped`.
        """

    def cancel(self, attempt_id: int) -> None:
        """Stop the attempt's processes and start no more of them. Returns at once."""

    def forget(self, attempt_id: int) -> None:
        """Nothing of the attempt runs any more: it need not be remembered as cancelled."""
