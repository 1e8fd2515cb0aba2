from __future__ import annotations

import pytest

from engine.dig.compiler import compile_workflow
from engine.errors import ConfigError
from engine.local.select import Choice, match, select, subtree

TASKS = compile_workflow(
    "wf",
    {
        "+a": {"echo>": "a"},
        "+b": {"+x": {"echo>": "x"}, "+y": {"echo>": "y"}},
        "+c": {"echo>": "c"},
    },
)


def chosen(**options: str | bool) -> dict[str, str]:
    selection = select(TASKS, **options)  # type: ignore[arg-type]
    return {t.full_name: selection.of(t.full_name).value for t in TASKS if not t.is_group}


def test_by_default_what_is_saved_is_not_run_again() -> None:
    assert set(chosen().values()) == {"if new"}
    assert set(chosen(rerun=True).values()) == {"run"}


def test_start_runs_from_there_on() -> None:
    assert chosen(start="+b") == {
        "+wf+a": "if new",
        "+wf+b+x": "run",
        "+wf+b+y": "run",
        "+wf+c": "run",
    }


def test_goal_stops_behind_it() -> None:
    assert chosen(goal="+b") == {
        "+wf+a": "if new",
        "+wf+b+x": "run",
        "+wf+b+y": "run",
        "+wf+c": "leave out",
    }


def test_end_leaves_out_the_rest() -> None:
    assert chosen(end="+y")["+wf+b+y"] == "leave out"


def test_generated_tasks_go_with_the_task_that_made_them() -> None:
    assert select(TASKS, start="+b").of("+wf+a^sub+loop-0^sub") is Choice.IF_NEW
    assert select(TASKS, start="+b").of("+wf+c^sub+loop-0") is Choice.RUN


def test_a_subtree_keeps_the_root() -> None:
    kept = subtree(TASKS, "+b")
    assert [(t.index, t.parent, t.full_name, t.upstreams) for t in kept] == [
        (0, None, "+wf", ()),
        (1, 0, "+wf+b", ()),
        (2, 1, "+wf+b+x", ()),
        (3, 1, "+wf+b+y", (2,)),
    ]


def test_a_pattern_without_a_match_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"doesn.t match with any tasks"):
        match(TASKS, "+yy")
