"""Tasks that the engine adds: `^check`, `^error`, `^failure-alert`, `^sla` (engine.md §7-9, §14)."""

from __future__ import annotations

import pytest

from engine.flow import moves
from engine.flow.tree import Limits
from tests.support.flow import Play


def names(play: Play) -> set[str]:
    return {task.full_name for task in play.tasks()}


def test_check_waits_for_the_generated_tasks() -> None:
    play = Play.of("+l: {loop>: 1, _do: {echo>: x}, _check: {echo>: ok}}").end("+wf+l")
    by_name = {task.full_name: task for task in play.tasks()}
    assert by_name["+wf+l^check"].upstreams == (by_name["+wf+l^sub"].id,)


def test_error_tasks_are_given_the_error_and_what_was_stored() -> None:
    play = Play.of(
        """
        _error: {_export: {own: 1, v: weaker}, echo>: x}
        +a: {store>: {v: stored}}
        +b: {fail>: boom}
        """
    ).run()
    task = next(t for t in play.tasks() if t.full_name == "+wf^error")
    assert task.export == {"own": 1, "v": "weaker"}
    assert task.export_params["v"] == "stored"
    assert task.export_params["error"]["message"] == "boom"


def test_keys_of_the_tasks_own_export_act_as_well() -> None:
    """language.md §7: `_export: {_error: …}` acts on the task that has it."""
    play = Play.of("+a: {_export: {_error: {echo>: sorry}}, fail>: x}").run()
    assert "+wf+a^error" in names(play)
    assert play.said == ["sorry"]


def test_an_error_task_that_cannot_be_added_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    play = Play.of("+a: {fail>: x, _error: {echo>: e}}", limits=Limits(tasks=1)).run()
    assert play.states()["+wf+a"] == "error"
    assert "+wf+a^error" not in names(play)
    assert "fails without its error task: Too many tasks" in caplog.text


def test_the_alert_is_beyond_the_limit_and_changes_nothing() -> None:
    play = Play.of("+a: {fail>: x}", limits=Limits(tasks=1)).run()
    assert play.states() == {
        "+wf": "group_error",
        "+wf+a": "error",
        "+wf^failure-alert": "success",
    }


@pytest.mark.parametrize(
    ("sla", "added"),
    [
        ({"time": "10:00"}, {"^sla^alert", "^sla"}),
        ({"alert": False}, {"^sla"}),
        ({"alert": "False", "fail": "true"}, {"^sla^fail", "^sla"}),
        ({"alert": False, "echo>": "late"}, {"^sla"}),
        ({"alert": False, "+n": {"echo>": "late"}}, {"^sla", "^sla+n"}),
        ({"alert": "maybe"}, {"^sla^alert", "^sla"}),
    ],
)
def test_what_a_missed_deadline_adds(sla: dict[str, object], added: set[str]) -> None:
    play = Play.of("+a: {echo>: a}")
    before = names(play)
    moves.overdue(play.tree, sla)
    assert {name.removeprefix("+wf") for name in names(play) - before} == added
    assert play.tree.step.sla_seen


def test_a_broken_task_of_an_sla_leaves_the_alert(caplog: pytest.LogCaptureFixture) -> None:
    play = Play.of("+a: {echo>: a}")
    moves.overdue(play.tree, {"echo>": "x", "sh>": "y"})
    assert "+wf^sla^alert" in names(play)
    assert "+wf^sla cannot run" in caplog.text


def test_a_killed_attempt_hears_nothing_of_its_deadline() -> None:
    play = Play.of("+a: {echo>: a}").kill()
    before = names(play)
    moves.overdue(play.tree, {"time": "10:00"})
    assert names(play) == before
