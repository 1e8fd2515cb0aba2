"""What the owner of attempts runs itself: nothing that could keep it for long."""

from __future__ import annotations

from typing import Any

import pytest

from engine.executor.inline import is_quick
from engine.params import Literal
from tests.support.runs import task_run


@pytest.mark.parametrize(
    "local",
    [
        {"echo>": "plain"},
        {"echo>": "${a} and ${b.c}", "x": [1, {"y": "${a}"}]},
        {"fail>": "no"},
    ],
)
def test_quick(local: dict[str, Any]) -> None:
    params = {"a": 1, "b": {"c": "text"}, "data": Literal("${not a template}")}
    assert is_quick(task_run(local=local, params=params))


@pytest.mark.parametrize(
    ("local", "params"),
    [
        ({"sh>": "true"}, {}),
        ({"echo>": "${1 + 1}"}, {}),
        ({"echo>": "x", "list": ["${moment()}"]}, {}),
        ({"echo>": "x"}, {"exported": {"deep": "${moment()}"}}),
        ({"echo>": "x", "sh>": "true"}, {}),
        ({"_type": "echo", "_command": "x"}, {}),
        ({"_type": "sh", "echo>": "x"}, {}),
        ({}, {}),
    ],
)
def test_not_quick(local: dict[str, Any], params: dict[str, Any]) -> None:
    assert not is_quick(task_run(local=local, params=params))
