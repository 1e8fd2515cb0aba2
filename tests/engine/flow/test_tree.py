"""What the tree of a running attempt counts and notes."""

from __future__ import annotations

import pytest

from engine.errors import IllegalMove, TooManyTasks
from engine.flow.tree import Limits, counts, ensure_room
from engine.model import TASK_IDS_PER_ATTEMPT
from engine.states import TaskState
from tests.support.flow import Play


def node_of(play: Play, name: str):
    return next(n for n in play.tree.nodes.values() if n.task.full_name == name)


def test_a_step_holds_the_state_that_is_stored_and_the_last_one() -> None:
    play = Play.of("+a: {echo>: a}\n+b: {echo>: b}")
    play.tree.take_step()
    play.end("+wf+a")
    step = play.tree.take_step()
    moved = {u.task.full_name: (u.source.label, u.task.state.label) for u in step.updated.values()}
    assert moved == {"+wf+a": ("running", "success"), "+wf+b": ("blocked", "running")}
    assert [task.full_name for task in step.enqueued.values()] == ["+wf+b"]
    assert step.dequeued == [node_of(play, "+wf+a").task.id]


def test_a_task_that_ends_in_the_step_that_starts_it_is_never_queued() -> None:
    play = Play.of("+a: {echo>: a}")
    play.end("+wf+a")
    step = play.tree.take_step()
    assert (step.enqueued, step.dequeued) == ({}, [])
    assert step.end is not None


def test_new_rows_are_no_updates() -> None:
    play = Play.of("+l: {loop>: 1, _do: {echo>: x}}")
    play.tree.take_step()
    play.end("+wf+l")
    step = play.tree.take_step()
    new = {task.id for task in step.inserted}
    assert [task.full_name for task in step.inserted] == ["+wf+l^sub", "+wf+l^sub+loop-0"]
    assert not new & set(step.updated)


def test_an_empty_step_is_false() -> None:
    play = Play.of("+a: {echo>: a}")
    assert play.tree.take_step()
    assert not play.tree.take_step()


def test_moves_that_the_table_lacks_are_refused() -> None:
    play = Play.of("+a: {echo>: a}")
    with pytest.raises(IllegalMove, match="from running to blocked"):
        play.tree.move(node_of(play, "+wf+a"), TaskState.BLOCKED)


def test_live_children_are_counted() -> None:
    play = Play.of("_parallel: true\n+a: {echo>: a}\n+b: {echo>: b}\n+c: {+d: {echo>: d}}")
    assert play.tree.root.live == 3
    play.end("+wf+a")
    assert play.tree.root.live == 2
    play.run()
    assert play.tree.root.live == 0


def test_what_counts_against_the_limit() -> None:
    assert counts("+wf+a", is_group=True, is_root=False)
    assert counts("+wf+a^sub", is_group=False, is_root=False)
    assert not counts("+wf+a^sub", is_group=True, is_root=False)
    assert not counts("+wf", is_group=True, is_root=True)


def test_room_is_checked_before_anything_is_added() -> None:
    from engine.dig.compiler import compile_subtasks

    play = Play.of("+a: {echo>: a}", limits=Limits(tasks=2))
    more = compile_subtasks("+wf+a^sub", {"+x": {"echo>": "x"}, "+y": {"echo>": "y"}})
    with pytest.raises(TooManyTasks, match="Limit: 2, Current: 1, Adding: 2"):
        ensure_room(play.tree, more)
    assert len(play.tree.nodes) == 2


def test_ids_of_an_attempt_end_somewhere() -> None:
    play = Play.of("+a: {echo>: a}")
    play.tree.next_number = TASK_IDS_PER_ATTEMPT - 1
    assert play.tree.new_id() == 2 * TASK_IDS_PER_ATTEMPT - 1
    with pytest.raises(TooManyTasks):
        play.tree.new_id()
