"""The table of moves, and what follows from it."""

from __future__ import annotations

import pytest

from engine.errors import IllegalMove
from engine.states import (
    DONE,
    MOVES,
    AttemptStatus,
    TaskState,
    attempt_status,
    check_move,
)

# STYLE.md section 3, and CANCELED from wherever a kill may find a task (decisions.md, "Fixed here").
WRITTEN = """
blocked: ready planned canceled
ready: running planned canceled
running: planned success error retry_waiting canceled
planned: success error group_error group_retry_waiting canceled
retry_waiting: ready canceled
group_retry_waiting: ready canceled
"""


def written() -> set[tuple[str, str]]:
    rows = (line.split(": ") for line in WRITTEN.strip().splitlines())
    return {(source, target) for source, targets in rows for target in targets.split()}


def test_the_table_is_what_the_specification_says():
    assert {
        (source.label, to.label) for source, targets in MOVES.items() for to in targets
    } == written()


@pytest.mark.parametrize("source", TaskState)
@pytest.mark.parametrize("target", TaskState)
def test_a_move_is_legal_when_the_table_holds_it(source, target):
    if (source.label, target.label) in written():
        check_move(source, target)
    else:
        with pytest.raises(IllegalMove, match=f"from {source.label} to {target.label}$"):
            check_move(source, target)


@pytest.mark.parametrize("state", TaskState)
def test_ends_are_what_nothing_leaves(state):
    assert state.done is (state in DONE) is (not MOVES[state])


def test_every_state_can_be_reached_and_can_end():
    reached, open_ = set(), [TaskState.BLOCKED]
    while open_:
        state = open_.pop()
        reached.add(state)
        open_ += [target for target in MOVES[state] if target not in reached]

    assert reached == set(TaskState)
    assert all(MOVES[state] & DONE for state in set(TaskState) - DONE)


@pytest.mark.parametrize("state", set(TaskState) - DONE)
def test_a_kill_ends_a_task_in_any_state(state):
    check_move(state, TaskState.CANCELED)


def test_failed_and_progressing():
    assert [state for state in TaskState if state.failed] == [
        TaskState.GROUP_ERROR,
        TaskState.ERROR,
    ]
    assert not TaskState.BLOCKED.progressing
    assert TaskState.PLANNED.progressing


@pytest.mark.parametrize(
    ("done", "success", "cancel_requested", "status"),
    [
        (False, False, False, AttemptStatus.RUNNING),
        (False, False, True, AttemptStatus.RUNNING),
        (True, True, False, AttemptStatus.SUCCESS),
        (True, True, True, AttemptStatus.SUCCESS),
        (True, False, False, AttemptStatus.ERROR),
        (True, False, True, AttemptStatus.KILLED),
    ],
)
def test_status_of_an_attempt(done, success, cancel_requested, status):
    found = attempt_status(done=done, success=success, cancel_requested=cancel_requested)

    assert found is status
