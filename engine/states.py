"""The states of tasks and attempts, and the table of moves between them (engine.md §5).

The table is the authority: `check_move` refuses everything else, the store applies a move as
compare-and-set on the state it leaves, and the diagram in docs/architecture.md is made from it.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

from engine.errors import IllegalMove


class TaskState(IntEnum):
    """Codes are Digdag's and are what the tables hold; `label` is what the API shows."""

    BLOCKED = 0  # waits for its parent to be planned and its upstreams to succeed
    READY = 1  # may run as soon as the executor takes it
    RETRY_WAITING = 2  # an operator asked to be called again at `retry_at`
    GROUP_RETRY_WAITING = 3  # a group waits before its children are tried again
    RUNNING = 4  # handed to the executor: queued or running
    PLANNED = 5  # its children run
    GROUP_ERROR = 6  # end: a child failed
    SUCCESS = 7  # end
    ERROR = 8  # end: its operator failed
    CANCELED = 9  # end: the attempt was killed

    @property
    def label(self) -> str:
        return self.name.lower()

    @property
    def done(self) -> bool:
        """True for the ends, which are never left."""
        return self in DONE

    @property
    def failed(self) -> bool:
        return self in FAILED

    @property
    def progressing(self) -> bool:
        return self in PROGRESSING


DONE = frozenset({TaskState.SUCCESS, TaskState.GROUP_ERROR, TaskState.ERROR, TaskState.CANCELED})
FAILED = frozenset({TaskState.GROUP_ERROR, TaskState.ERROR})
PROGRESSING = frozenset(TaskState) - DONE - {TaskState.BLOCKED}
WAITING = frozenset({TaskState.RETRY_WAITING, TaskState.GROUP_RETRY_WAITING})

_S = TaskState
MOVES: dict[TaskState, frozenset[TaskState]] = {
    _S.BLOCKED: frozenset({_S.READY, _S.PLANNED, _S.CANCELED}),
    _S.READY: frozenset({_S.RUNNING, _S.PLANNED, _S.CANCELED}),
    _S.RUNNING: frozenset({_S.PLANNED, _S.SUCCESS, _S.ERROR, _S.RETRY_WAITING, _S.CANCELED}),
    _S.PLANNED: frozenset(
        {_S.SUCCESS, _S.ERROR, _S.GROUP_ERROR, _S.GROUP_RETRY_WAITING, _S.CANCELED}
    ),
    # A kill wakes what waits at once (decisions.md, "Fixed here"), hence CANCELED.
    _S.RETRY_WAITING: frozenset({_S.READY, _S.CANCELED}),
    _S.GROUP_RETRY_WAITING: frozenset({_S.READY, _S.CANCELED}),
    _S.SUCCESS: frozenset(),
    _S.ERROR: frozenset(),
    _S.GROUP_ERROR: frozenset(),
    _S.CANCELED: frozenset(),
}


def check_move(source: TaskState, target: TaskState) -> None:
    """Raise `IllegalMove` unless the table holds the move."""
    if target not in MOVES[source]:
        raise IllegalMove(f"No move from {source.label} to {target.label}")


class TaskFlag(IntFlag):
    NONE = 0
    CANCEL_REQUESTED = 1
    DELAYED_ERROR = 2  # its operator failed, its error tasks run
    DELAYED_GROUP_ERROR = 4  # a child failed, its error tasks run
    INITIAL = 8  # written in a definition, not a copy or an error task


class AttemptStatus(StrEnum):
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    KILLED = "killed"


def attempt_status(*, done: bool, success: bool, cancel_requested: bool) -> AttemptStatus:
    """What users see, first match (engine.md §1)."""
    if success:
        return AttemptStatus.SUCCESS
    if done:
        return AttemptStatus.KILLED if cancel_requested else AttemptStatus.ERROR
    return AttemptStatus.RUNNING
