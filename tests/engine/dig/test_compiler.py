"""compiler.py: definitions become flat lists of tasks (language.md §5, §6)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dig.compiler import CompileError, analyse, compile_subtasks, compile_workflow
from engine.dig.project import load
from engine.dig.source import MemoryFiles


def problems(config: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str, str]]:
    with pytest.raises(CompileError) as caught:
        compile_workflow("wf", config)
    return caught.value.problems


def test_tasks_stand_in_the_order_of_the_file_with_their_parents() -> None:
    config = {"+a": {"+b": {"echo>": "x"}, "+c": {}}, "+d": {"sh>": "y", "k": 1}}
    tasks = compile_workflow("wf", config)
    assert [(t.index, t.parent, t.full_name, t.is_group) for t in tasks] == [
        (0, None, "+wf", True),
        (1, 0, "+wf+a", True),
        (2, 1, "+wf+a+b", False),
        (3, 1, "+wf+a+c", True),
        (4, 0, "+wf+d", False),
    ]
    assert tasks[4].local == {"sh>": "y", "k": 1}


def test_exports_and_order_are_split_off() -> None:
    own = {"_export": {"v": 1}, "_background": True, "_retry": 2, "sh>": "x"}
    task = compile_workflow("wf", {"_export": {"w": 2}, "+a": own})[1]
    assert task.export == {"v": 1}
    assert task.local == {"_retry": 2, "sh>": "x"}


def test_the_root_is_always_a_group() -> None:
    (root,) = compile_workflow("wf", {"_export": {"a": 1}, "schedule": {"daily>": "07:00:00"}})
    assert root.is_group
    assert root.export == {"a": 1}


def test_l15_a_list_of_mappings_is_one_task() -> None:
    task = compile_workflow("wf", {"+p": [{"sh>": "echo", "a": 1}, {"shell": ["bash"], "a": 2}]})[1]
    assert list(task.local.items()) == [("sh>", "echo"), ("a", 2), ("shell", ["bash"])]


def test_an_empty_list_is_an_empty_group() -> None:
    assert compile_workflow("wf", {"+p": []})[1].is_group


@pytest.mark.parametrize("value", [True, "true", 1])
def test_l17_a_disabled_task_is_an_empty_group(value: object) -> None:
    own = {"_disable": value, "sh>": "a", "py>": "b", "+x": {"bad": 1}, "_export": [1]}
    (_root, task) = compile_workflow("wf", {"+p": own})
    assert task.is_group
    assert (task.local, task.export) == ({"_disable": True}, {})


def test_not_disabled_is_accepted_everywhere() -> None:
    config = {"+a": {"_disable": False, "sh>": "x"}, "+b": {"_disable": False, "+c": {}}}
    assert [task.is_group for task in compile_workflow("wf", config)] == [True, False, True, True]


def test_l19_the_long_form() -> None:
    task = compile_workflow("wf", {"+p": {"_type": "echo", "_command": "hi", "echo>": "x"}})[1]
    assert not task.is_group


@pytest.mark.parametrize(
    ("task", "rule", "path", "message"),
    [
        ({"echo>": "x", "+c": {}}, "shape", ("+p", "+c"), "A task can't have subtasks: '+c'"),
        ({"sh>": 1, "py>": 2}, "shape", ("+p", "py>"), "can't have more than one operator"),
        ({"_type": "a", "sh>": 1, "py>": 2}, "shape", ("+p", "py>"), "more than one operator"),
        ({"foo": 1, "+c": {}}, "keys", ("+p", "foo"), "+wf+p contains invalid keys: 'foo'"),
        ({"parallel": True}, "keys", ("+p", "parallel"), "(did you mean '_parallel'?)"),
        (None, "shape", ("+p",), "Parameter '+p' must be an object or array of objects"),
        ("x", "shape", ("+p",), "Parameter '+p' must be an object or array of objects"),
        ([{}, 1], "shape", ("+p",), "Parameter '+p' must be an object or array of objects"),
        ({"_disable": "${x}"}, "shape", ("+p", "_disable"), "Expected 'true' or 'false'"),
        ({"_error": [1], "echo>": 1}, "shape", ("+p", "_error"), "+wf+p^error must be a mapping"),
        ({"_error": {"a>": 1, "b>": 2}}, "shape", ("+p", "_error", "b>"), "more than one operator"),
        ({"_error": {"+x": {"foo": 1}}}, "keys", ("+p", "_error", "+x", "foo"), "+wf+p^error+x"),
        ([{"sh>": 1}, {"py>": 2}], "shape", ("+p", 1, "py>"), "more than one operator"),
        ({"_export": [1], "sh>": 1}, "export", ("+p", "_export"), "takes a mapping"),
        ({"+a/b": {}}, "names", ("+p", "+a/b"), "must not contain character '/'"),
    ],
)
def test_what_is_refused(task: Any, rule: str, path: tuple[str | int, ...], message: str) -> None:
    ((found_path, found_rule, text),) = problems({"+p": task})
    assert (found_path, found_rule) == (path, rule)
    assert message in text


def test_all_problems_are_told_together() -> None:
    found = problems({"+a": {"x": 1, "y": 2}, "+b": None, "+c d": {}})
    assert [rule for _path, rule, _text in found] == ["keys", "keys", "shape", "names"]


def test_empty_error_tasks_are_none() -> None:
    assert compile_workflow("wf", {"_error": {}, "+a": {"echo>": 1, "_error": None}})


def test_a_caret_is_refused_at_the_top_only() -> None:
    assert compile_workflow("wf", {"+g": {"+a^b": {}}})
    ((path, _rule, _text),) = problems({"+a^b": {}})
    assert path == ("+a^b",)


def test_generated_tasks_begin_with_the_task_itself() -> None:
    operator = compile_subtasks("+wf+m^sub", {"echo>": "x"})
    assert [(t.full_name, t.is_group, t.parent) for t in operator] == [("+wf+m^sub", False, None)]
    group = compile_subtasks("+wf+m^sub", {"_parallel": True, "+a": {}, "+b^c": {}})
    assert [t.full_name for t in group] == ["+wf+m^sub", "+wf+m^sub+a", "+wf+m^sub+b^c"]
    with pytest.raises(CompileError, match="contains invalid keys: 'params'"):
        compile_subtasks("+wf+m^sub", {"params": {}, "+a": {}})


@pytest.mark.parametrize("config", [[], None, "x", [{"echo>": 1}]])
def test_generated_tasks_are_a_mapping(config: Any) -> None:
    with pytest.raises(CompileError, match="must be a mapping"):
        compile_subtasks("+wf+m^sub", config)


def test_the_message_of_an_error_holds_every_problem() -> None:
    with pytest.raises(CompileError, match=r"(?s)'x'.*'\+b'"):
        compile_workflow("wf", {"+a": {"x": 1}, "+b": None})


def test_deep_nesting_is_no_problem() -> None:
    config: dict[str, Any] = {}
    for _ in range(99):
        config = {"+a": config}
    assert len(compile_workflow("wf", config)) == 100


_keys = st.sampled_from(["+a", "+b", "+c d", "sh>", "py>", "_type", "_export", "_error", "_check"])
_more = st.sampled_from(["_parallel", "_after", "_background", "_disable", "_retry", "x", "_do"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys | _more, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(_keys | _more, _values, max_size=6))
def test_no_definition_is_a_surprise(config: dict[str, Any]) -> None:
    result = analyse("+wf", config, top=True)
    assert [task.index for task in result.tasks] == list(range(len(result.tasks)))
    assert all(task.parent is None or task.parent < task.index for task in result.tasks)
    assert result.tasks[0].parent is None


@given(st.dictionaries(_keys | _more, _values, max_size=6))
def test_no_file_is_a_surprise(config: dict[str, Any]) -> None:
    import json

    from engine.dig.catalog import Catalog

    files = MemoryFiles({"wf.dig": json.dumps(config)})
    strict = load(files, catalog=Catalog({"sh": (), "py": ()}))
    lenient = load(files, catalog=Catalog(), strict=False)
    assert bool(strict.errors) != ("wf" in strict.workflows)
    assert len(lenient.errors) <= len(strict.errors)
