"""How a process is started: the protocol of a command runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class CannotStart(Exception):
    """The process could not be started; the text is for the user."""


class Stopped(Exception):
    """The attempt was killed: nothing more is started for it."""


class Ended(NamedTuple):
    """`code` is 128 + N when signal N ended it; `children` says that some of its children live on."""

    code: int
    children: bool = False


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
    ) -> Ended:
        """Run to the end.

        `env` is laid over the environment of this process; standard output and error go to the file
        descriptor `output`, standard input is empty. Raises `CannotStart` and `Stopped`.
        """

    def cancel(self, attempt_id: int) -> None:
        """Stop the attempt's processes and start no more of them. Returns at once."""

    def forget(self, attempt_id: int) -> None:
        """Nothing of the attempt runs any more: it need not be remembered as cancelled."""

    def kill_all(self) -> None:
        """End every process at once, without grace: this server is about to exit.

        May be called from a signal handler.
        """
