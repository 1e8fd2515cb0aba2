"""Hooks around attempts and tasks: empty methods, overridden by whoever wants to hear.

They are called after the commit that made the event true. One that fails is logged and the engine
goes on; nothing that must not be lost may hang on a hook.
"""

from __future__ import annotations

from engine.model import AttemptEnd, Task


class Hooks:
    def task_changed(self, task: Task) -> None:
        """A task reached the state it shows."""

    def attempt_finished(self, end: AttemptEnd) -> None:
        """The last task of an attempt ended."""
