"""Resuming attempts: engine.md §17, with the defects of §17.5 fixed."""

from __future__ import annotations

import pytest

from engine.errors import ConfigError
from engine.flow.resume import Resume, reusable
from tests.support.flow import Play

E34 = """
+step1: {echo>: 1}
+step2:
  +a: {echo>: a}
  +b: {fail>: x}
+step3: {echo>: 3}
"""
FIXED = E34.replace("fail>: x", "echo>: b")


def again(old: Play, text: str, from_: str | None = None) -> Play:
    return Play.of(text, reusable=reusable(old.tasks(), from_), attempt_id=2).run()


def test_failed_runs_only_what_did_not_succeed() -> None:
    play = again(Play.of(E34).run(), FIXED)
    assert play.order == ["+wf+step2+b", "+wf+step3"]
    assert play.status == "success"


def test_from_a_task_runs_it_and_what_follows() -> None:
    old = Play.of(E34).run()
    assert again(old, FIXED, "+b").order == ["+wf+step2+b", "+wf+step3"]
    assert again(old, FIXED, "+step2").order == ["+wf+step2+a", "+wf+step2+b", "+wf+step3"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("+step3", "non-successful tasks is not allowed: \\+wf\\+step2 is group_error"),
        ("+nothing", "doesn't match"),
        ("+wf", "root task is not allowed"),
        ("+", "must be a task name"),
    ],
)
def test_bad_patterns(pattern: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        reusable(Play.of(E34).run().tasks(), pattern)


def test_an_ambiguous_pattern_names_the_candidates() -> None:
    old = Play.of("+a: {+x: {echo>: 1}}\n+b: {+x: {fail>: 2}}").run()
    with pytest.raises(ConfigError, match=r"\[\+wf\+a\+x, \+wf\+b\+x\]"):
        reusable(old.tasks(), "+x")


def test_a_success_cannot_be_resumed() -> None:
    with pytest.raises(ConfigError, match="successfully completed"):
        reusable(Play.of(FIXED).run().tasks(), None)


def test_iterations_that_succeeded_are_reused() -> None:
    text = '+l: {loop>: 4, _do: {if>: "%s", _do: {fail>: x}, _else_do: {echo>: "${i}"}}}'
    old = Play.of("+l: {loop>: 4, _do: {do>: {echo>: '${i}'}}}")
    for name in ["+wf+l", "+wf+l^sub+loop-0", "+wf+l^sub+loop-0^sub", "+wf+l^sub+loop-1"]:
        old.end(name)
    from engine.outcome import Failed

    old.end("+wf+l^sub+loop-1^sub", Failed({"message": "x"})).run()
    play = again(old, text.replace("%s", "False"))
    assert play.said == ["1", "2", "3"]


def test_what_generated_tasks_stored_is_kept() -> None:
    """engine.md §17.5, 2: in Digdag it is lost."""
    text = "+load: {do>: {store>: {v: 1}}}\n+use: {%s: '${v}'}"
    play = again(Play.of(text % "fail>").run(), text % "echo>")
    assert play.said == ["1"]
    assert play.states()["+wf+load^sub"] == "success"


def test_error_tasks_run_again() -> None:
    """engine.md §17.5, 1: in Digdag they are taken for done."""
    text = "_error: {echo>: sorry}\n" + E34
    assert again(Play.of(text).run(), text).said == ["sorry"]


def test_the_newest_try_of_a_name_counts() -> None:
    """engine.md §17.4: in Digdag a name that succeeded twice is an internal error."""
    text = "+g:\n  _retry: 1\n  +a: {echo>: a}\n  +b: {fail>: x}"
    play = again(Play.of(text).run(), text.replace("fail>", "echo>"))
    assert play.order == ["+wf+g+b"]


def test_a_group_with_a_new_task_is_not_done() -> None:
    old = Play.of("+g: {+a: {echo>: a}}\n+f: {fail>: x}").run()
    play = again(old, "+g:\n  +a: {echo>: a}\n  +new: {echo>: new}\n+f: {echo>: f}")
    assert play.order == ["+wf+g+new", "+wf+f"]


def test_a_request_survives_the_store() -> None:
    request = Resume(7, "+b")
    assert Resume.from_params(request.as_params()) == request
