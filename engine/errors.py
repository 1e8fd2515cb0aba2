"""Every exception of the engine. The docstring is the default message; the class carries the data."""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """The engine could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigError(EngineError):
    """A configuration value cannot be used."""


class NotFound(EngineError):
    """Resource does not exist."""


class Conflict(EngineError):
    """Resource already exists."""


class LimitExceeded(EngineError):
    """A limit of this server is reached."""


class TooManyTasks(LimitExceeded):
    """Too many tasks."""


class TooManyAttempts(LimitExceeded):
    """Too many attempts running."""


class AttemptExists(Conflict):
    """The session has an attempt of that name already.

    `attempt_id` is the attempt that is shown to the caller (rest-api.md §11.2).
    """

    def __init__(self, attempt_id: int, message: str | None = None) -> None:
        super().__init__(message or f"A session attempt already exists (attempt_id={attempt_id})")
        self.attempt_id = attempt_id


class InvalidProject(EngineError):
    """Validating project failed"""

    def __init__(self, problems: list[Any]) -> None:
        self.problems = problems
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"Validating project failed\n{lines}")


class StaleMove(EngineError):
    """A task was not in the state that a move leaves; another server moved it first."""


class DatabaseTooNew(EngineError):
    """The database was made by a newer version of digbot."""


class DatabaseUnavailable(EngineError):
    """The database cannot be reached, is full, or is locked by another program."""


class AlreadyRunning(EngineError):
    """Another server works on this data folder."""


class EvaluationFailed(ConfigError):
    """Failed to evaluate a variable"""


class IllegalMove(EngineError):
    """The state machine has no such move."""
