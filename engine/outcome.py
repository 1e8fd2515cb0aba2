"""How one execution of a task ends: what operators give back, and what the executor reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.params import Params


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What an operator leaves behind when it succeeds (engine.md §6.1)."""

    subtask: Params = field(default_factory=dict)
    export: Params = field(default_factory=dict)
    store: Params = field(default_factory=dict)
    reset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Succeeded:
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Failed:
    error: Params  # {"message": …, "stacktrace"?: …}


@dataclass(frozen=True, slots=True)
class Later:
    """Call the operator again in `seconds`; `state` replaces the state params. Not an error."""

    seconds: float
    state: Params
    error: Params | None = None  # set when the reason is a failed try (`_retry`)


Outcome = Succeeded | Failed | Later
