"""order.py: who waits for whom (language.md §8, L-21 to L-25)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dig.compiler import CompileError, compile_workflow
from engine.workflow import CompiledTask

Group = dict[str, Any]


def children(group: Group) -> dict[str, CompiledTask]:
    tasks = compile_workflow("wf", group)
    return {task.full_name.removeprefix("+wf"): task for task in tasks[1:]}


def waits(group: Group) -> dict[str, set[str]]:
    """Name → names of those it really waits for."""
    tasks = children(group)
    names = {task.index: name[1:] for name, task in tasks.items()}
    return {name[1:]: {names[i] for i in task.waits} for name, task in tasks.items()}


def shown(group: Group) -> dict[str, set[str]]:
    tasks = children(group)
    names = {task.index: name[1:] for name, task in tasks.items()}
    return {name[1:]: {names[i] for i in task.upstreams} for name, task in tasks.items()}


def test_l21_background_waits_for_nothing() -> None:
    group = {"+a": {}, "+b": {}, "+c": {"_background": True}, "+d": {}, "+e": {}}
    expected = {"a": set(), "b": {"a"}, "c": set(), "d": {"b", "c"}, "e": {"d"}}
    assert waits(group) == shown(group) == expected


def test_l22_a_limit_is_a_window_and_shows_chunks() -> None:
    group = {"_parallel": {"limit": 2}, "+a": {}, "+b": {}, "+c": {}, "+d": {}, "+e": {}}
    assert shown(group) == {
        "a": set(),
        "b": set(),
        "c": {"a", "b"},
        "d": {"a", "b"},
        "e": {"c", "d"},
    }
    assert set(map(frozenset, waits(group).values())) == {frozenset()}
    assert compile_workflow("wf", group)[0].window == 2


def test_after_under_a_limit_is_waited_for() -> None:
    group = {"_parallel": {"limit": "2"}, "+a": {}, "+b": {"_after": ["+a"]}, "+c": {}}
    assert waits(group)["b"] == shown(group)["b"] == {"a"}


def test_l23_after() -> None:
    group = {"_parallel": True, "+a": {}, "+b": {}, "+c": {"_after": ["+a"]}}
    assert waits(group) == shown(group) == {"a": set(), "b": set(), "c": {"a"}}


@pytest.mark.parametrize("value", [0, -1, 0.5, "", "null"])
def test_no_limit(value: object) -> None:
    group = {"_parallel": {"limit": value}, "+a": {}, "+b": {}}
    assert shown(group) == {"a": set(), "b": set()}
    assert compile_workflow("wf", group)[0].window == 0


@pytest.mark.parametrize("value", [False, "false", "False"])
def test_false_is_sequential(value: object) -> None:
    assert waits({"_parallel": value, "+a": {}, "+b": {}}) == {"a": set(), "b": {"a"}}


@pytest.mark.parametrize("value", [True, "true", "True"])
def test_true_is_parallel(value: object) -> None:
    assert waits({"_parallel": value, "+a": {}, "+b": {}}) == {"a": set(), "b": set()}


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"_parallel": True, "+a": {"_after": ["+b"]}, "+b": {}}, "'+b' does not exist before"),
        ({"_parallel": True, "+a": {"_after": ["+a"]}}, "'+a' does not exist before"),
        ({"_parallel": True, "+a": {}, "+b": {"_after": ["+A"]}}, "did you mean '+a'"),
        ({"_parallel": True, "+a": {}, "+b": {"_after": "+a"}}, "takes a list"),
        ({"_parallel": True, "+a": {}, "+b": {"_after": None}}, "takes a list"),
        ({"_parallel": True, "+a": {"_after": [["+a"]]}}, "does not exist before"),
        ({"+a": {}, "+b": {"_after": ["+a"]}}, "'_after' needs '_parallel: true'"),
        ({"_parallel": True, "+a": {"_background": True}}, "'_background: true' is not needed"),
        ({"+a": {"_background": "maybe"}}, "Expected 'true' or 'false' for key '_background'"),
        ({"_parallel": 2}, "Invalid _parallel format"),
        ({"_parallel": None}, "Invalid _parallel format"),
        ({"_parallel": [1]}, "Invalid _parallel format"),
        ({"_parallel": "${x}"}, "Expected 'true' or 'false' for key '_parallel'"),
        ({"_parallel": {"max": 2}}, "Parameter 'limit' is required but not set"),
        ({"_parallel": {"limit": "many"}}, "Expected integer"),
    ],
)
def test_misuse(group: Group, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile_workflow("wf", group)
    ((_path, rule, text),) = caught.value.problems
    assert rule == "order"
    assert message in text


def test_background_false_may_stand_anywhere() -> None:
    assert children({"_parallel": True, "+a": {"_background": False}})["+a"].local == {}


def test_a_disabled_child_is_an_ordinary_one() -> None:
    group = {"+a": {}, "+b": {"_disable": True, "_background": True, "_after": 3}, "+c": {}}
    assert waits(group) == {"a": set(), "b": {"a"}, "c": {"b"}}


_child = st.fixed_dictionaries({}, optional={"_background": st.booleans()})


@given(st.lists(_child, max_size=8), st.integers(min_value=1, max_value=4))
def test_every_child_waits_for_earlier_siblings_only(kids: list[Group], limit: int) -> None:
    names = {f"+t{i}": kid for i, kid in enumerate(kids)}
    for group in (names, {"_parallel": {"limit": limit}, **{name: {} for name in names}}):
        for task in compile_workflow("wf", group)[1:]:
            assert all(0 < index < task.index for index in (*task.upstreams, *task.waits))
            assert set(task.waits) <= set(task.upstreams)
            assert len(task.upstreams) == len(set(task.upstreams))
