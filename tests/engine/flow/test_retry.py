"""`_retry` of tasks whose children failed: what is copied, and when."""

from __future__ import annotations

from engine.flow.retry import copy_children, retry_delay
from engine.states import TaskFlag, TaskState
from tests.support.flow import Play


def node_of(play: Play, name: str):
    return next(n for n in play.tree.nodes.values() if n.task.full_name == name)


def test_copies_have_nothing_of_the_try_before() -> None:
    play = Play.of(
        """
        +g:
          _retry: 1
          +a: {store>: {v: 1}}
          +b: {_export: {e: 1}, fail>: x}
        """
    )
    play.end("+wf+g+a").end("+wf+g+b")
    group = node_of(play, "+wf+g")
    old = list(group.children)
    copy_children(play.tree, group)
    new = group.children[len(old) :]
    assert [n.task.full_name for n in new] == ["+wf+g+a", "+wf+g+b"]
    for before, after in zip(old, new, strict=True):
        assert after.task.local == before.task.local
        assert after.task.export == before.task.export
        assert (after.state, after.task.flags) == (TaskState.BLOCKED, TaskFlag.INITIAL)
        assert (after.task.store_params, after.task.error, after.task.started_at) == ({}, {}, None)
    assert new[1].task.upstreams == (new[0].task.id,)


def test_generated_tasks_are_not_copied() -> None:
    play = Play.of("+g:\n  _retry: 1\n  +l: {loop>: 1, _do: {fail>: x}}")
    play.end("+wf+g+l").end("+wf+g+l^sub+loop-0")
    group = node_of(play, "+wf+g")
    count = len(play.tree.nodes)
    copy_children(play.tree, group)
    assert len(play.tree.nodes) == count + 1


def test_no_retry_is_none_and_the_last_one_too() -> None:
    play = Play.of("+g:\n  _retry: {limit: 2, interval: 7}\n  +a: {fail>: x}\n+h: {+b: {echo>: b}}")
    group = node_of(play, "+wf+g")
    assert retry_delay(play.tree, node_of(play, "+wf+h")) is None
    assert retry_delay(play.tree, group) == 7
    group.task.state_params = {"retry_count": 2}
    assert retry_delay(play.tree, group) is None


def test_every_value_of_a_map_may_be_an_expression() -> None:
    play = Play.of(
        """
        _export: {n: 3, pause: 5}
        +g:
          _retry: {limit: "${n}", interval: "${pause}"}
          +a: {echo>: a}
        """
    )
    assert retry_delay(play.tree, node_of(play, "+wf+g")) == 5
