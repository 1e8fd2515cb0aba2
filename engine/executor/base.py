"""How tasks get run: the protocol between the owner of attempts and an executor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.model import TaskRun
from engine.outcome import Outcome

Report = Callable[[TaskRun, Outcome], None]


class Executor(Protocol):
    """Takes runs whose queue rows are committed, and reports each exactly once per execution.

    `report` may be called from any thread and returns at once.
    """

    def start(self, report: Report) -> None: ...

    def submit(self, runs: list[TaskRun]) -> None:
        """Run these as soon as there is room, in this order. Returns at once."""

    def run_now(self, run: TaskRun) -> Outcome | None:
        """Run it in the caller's thread if that takes no time worth speaking of; else None."""

    def cancel(self, attempt_id: int) -> None:
        """Stop the attempt's commands: TERM to their process groups, KILL after the grace period."""

    def stop(self, grace: float) -> list[int]:
        """Take nothing more, wait `grace` seconds, stop the rest; ids of tasks to hand back."""
