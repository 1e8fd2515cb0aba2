"""The first rows of an attempt: engine.md §3."""

from __future__ import annotations

import pytest

from engine.dig.compiler import compile_workflow
from engine.errors import TooManyTasks
from engine.flow.plan import check_limit, first_tasks
from engine.flow.tree import Limits
from engine.model import TASK_IDS_PER_ATTEMPT
from engine.states import TaskFlag
from tests.support.flow import START, config_of

WORKFLOW = """
+a: {echo>: a, x: 1, _export: {y: 2}}
+b:
  +c: {echo>: c}
+d: {echo>: d}
"""


def test_rows_are_numbered_in_the_order_of_the_file() -> None:
    tasks = first_tasks(7, compile_workflow("wf", config_of(WORKFLOW)), START)
    first = 7 * TASK_IDS_PER_ATTEMPT + 1
    assert [task.id - first for task in tasks] == [0, 1, 2, 3, 4]
    assert [task.full_name for task in tasks] == ["+wf", "+wf+a", "+wf+b", "+wf+b+c", "+wf+d"]
    assert [task.parent_id and task.parent_id - first for task in tasks] == [None, 0, 0, 2, 0]
    assert [[up - first for up in task.upstreams] for task in tasks] == [[], [], [1], [], [2]]


def test_the_root_is_planned_and_the_rest_waits() -> None:
    tasks = first_tasks(7, compile_workflow("wf", config_of(WORKFLOW)), START)
    assert [task.state.label for task in tasks] == ["planned"] + ["blocked"] * 4
    assert {task.flags for task in tasks} == {TaskFlag.INITIAL}


def test_export_and_local_keys_are_kept_apart() -> None:
    _, task, *_ = first_tasks(7, compile_workflow("wf", config_of(WORKFLOW)), START)
    assert (task.local, task.export) == ({"echo>": "a", "x": 1}, {"y": 2})


def test_the_limit_leaves_out_the_root() -> None:
    compiled = compile_workflow("wf", config_of(WORKFLOW))
    check_limit(compiled, Limits(tasks=4))
    with pytest.raises(TooManyTasks, match="Limit: 3, Current: 0, Adding: 4"):
        check_limit(compiled, Limits(tasks=3))
