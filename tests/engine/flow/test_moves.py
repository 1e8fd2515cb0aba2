"""The golden traces of engine.md §27, and the rules around them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.flow.tree import Limits
from engine.outcome import Failed, Later, Succeeded, TaskResult
from engine.states import MOVES, TaskState
from tests.support.flow import Play


def test_g1_background() -> None:
    play = Play.of(
        """
        +a: {echo>: a}
        +b: {echo>: b}
        +c: {_background: true, echo>: c}
        +d: {echo>: d}
        """
    )
    assert play.names_running() == ["+wf+a", "+wf+c"]
    play.run()
    assert play.table() == [
        (1, "+wf", None, (), "success"),
        (2, "+wf+a", 1, (), "success"),
        (3, "+wf+b", 1, (2,), "success"),
        (4, "+wf+c", 1, (), "success"),
        (5, "+wf+d", 1, (3, 4), "success"),
    ]


def test_g2_generated_tasks_and_error_tasks() -> None:
    play = Play.of(
        """
        _error: {echo>: e}
        +a: {loop>: 2, _do: {+x: {echo>: x}}, _check: {echo>: ok}}
        +b:
          +c: {fail>: boom, _error: {+n: {echo>: n}}}
          +d: {echo>: d}
        +e: {echo>: e}
        """
    ).run()
    assert play.table() == [
        (1, "+wf", None, (), "group_error"),
        (2, "+wf+a", 1, (), "success"),
        (3, "+wf+b", 1, (2,), "group_error"),
        (4, "+wf+b+c", 3, (), "error"),
        (5, "+wf+b+d", 3, (4,), "blocked"),
        (6, "+wf+e", 1, (3,), "blocked"),
        (7, "+wf+a^sub", 2, (), "success"),
        (8, "+wf+a^sub+loop-0", 7, (), "success"),
        (9, "+wf+a^sub+loop-0+x", 8, (), "success"),
        (10, "+wf+a^sub+loop-1", 7, (8,), "success"),
        (11, "+wf+a^sub+loop-1+x", 10, (), "success"),
        (12, "+wf+a^check", 2, (7,), "success"),
        (13, "+wf+b+c^error", 4, (), "success"),
        (14, "+wf+b+c^error+n", 13, (), "success"),
        (15, "+wf^failure-alert", 1, (), "success"),
        (16, "+wf^error", 1, (), "success"),
    ]
    assert play.order == [
        "+wf+a",
        "+wf+a^sub+loop-0+x",
        "+wf+a^sub+loop-1+x",
        "+wf+a^check",
        "+wf+b+c",
        "+wf+b+c^error+n",
        "+wf^failure-alert",
        "+wf^error",
    ]


def test_g3_group_retry_over_a_generated_task() -> None:
    play = Play.of(
        """
        +first: {echo>: f}
        +g:
          _retry: 1
          +t1: {echo>: 1}
          +t2:
            +n: {echo>: n}
          +t3: {if>: true, _do: {fail>: x}}
          +t4: {echo>: 4}
        """
    ).run()
    assert play.table() == [
        (1, "+wf", None, (), "group_error"),
        (2, "+wf+first", 1, (), "success"),
        (3, "+wf+g", 1, (2,), "group_error"),
        (4, "+wf+g+t1", 3, (), "success"),
        (5, "+wf+g+t2", 3, (4,), "success"),
        (6, "+wf+g+t2+n", 5, (), "success"),
        (7, "+wf+g+t3", 3, (5,), "group_error"),
        (8, "+wf+g+t4", 3, (7,), "blocked"),
        (9, "+wf+g+t3^sub", 7, (), "error"),
        (10, "+wf+g+t1", 3, (), "success"),
        (11, "+wf+g+t2", 3, (10,), "success"),
        (12, "+wf+g+t2+n", 11, (), "success"),
        (13, "+wf+g+t3", 3, (11,), "group_error"),
        (14, "+wf+g+t4", 3, (13,), "blocked"),
        (15, "+wf+g+t3^sub", 13, (), "error"),
        (16, "+wf^failure-alert", 1, (), "success"),
    ]
    group = next(t for t in play.tasks() if t.full_name == "+wf+g")
    assert group.state_params == {"retry_count": 1}


# -- failures -------------------------------------------------------------------------------------


def test_a_failure_blocks_what_follows_and_error_sees_stores_and_message() -> None:
    play = Play.of(
        """
        _error: {echo>: "E ${v} ${error.message}"}
        +a: {store>: {v: 1}}
        +b: {fail>: boom}
        +c: {echo>: never}
        """
    ).run()
    assert play.said == ["E 1 boom"]
    assert play.states()["+wf+c"] == "blocked"
    assert play.states()["+wf+b"] == "error"
    assert play.status == "group_error"


def test_error_of_an_operator_whose_generated_tasks_failed() -> None:
    play = Play.of(
        """
        +m: {if>: true, _do: {fail>: nope}, _check: {echo>: never}, _error: {echo>: "${error.message}"}}
        """
    ).run()
    assert play.said == ["nope"]
    assert play.states() == {
        "+wf": "group_error",
        "+wf+m": "group_error",
        "+wf+m^sub": "error",
        "+wf+m^check": "blocked",
        "+wf+m^error": "success",
        "+wf^failure-alert": "success",
    }


def test_error_knows_which_task_failed() -> None:
    play = Play.of("+b: {fail>: boom, _error: {echo>: x}}").run()
    error = next(t for t in play.tasks() if t.full_name == "+wf+b^error").export_params["error"]
    assert error["message"] == "boom"
    assert error["task_name"] == "+wf+b"


def test_every_ancestor_reacts_inner_first() -> None:
    play = Play.of(
        """
        _error: {echo>: outer}
        +g:
          _error: {echo>: middle}
          +f: {fail>: x, _error: {echo>: inner}}
        """
    ).run()
    assert play.said == ["inner", "middle", "outer"]


def test_parallel_siblings_go_on_after_a_failure() -> None:
    play = Play.of("_parallel: true\n+a: {fail>: x}\n+b: {echo>: b}")
    play.end("+wf+a")
    assert play.names_running() == ["+wf+b"]
    assert play.run().states()["+wf+b"] == "success"
    assert play.status == "group_error"


def test_check_of_a_group_runs_after_it_and_can_fail_it() -> None:
    play = Play.of("+g:\n  _check: {fail>: bad}\n  +a: {echo>: a}").run()
    assert play.order == ["+wf+g+a", "+wf+g^check", "+wf^failure-alert"]
    assert play.states()["+wf+g"] == "group_error"


def test_an_invalid_check_fails_the_task_only_then() -> None:
    play = Play.of("+a: {echo>: a, _check: {sh>: x, py>: y}}").run()
    assert play.states()["+wf+a"] == "error"


def test_a_workflow_without_tasks_succeeds_at_once() -> None:
    assert Play.of("").status == "success"


# -- windows --------------------------------------------------------------------------------------

LIMITED = """
_parallel: {limit: 2}
+a: {echo>: a}
+b: {echo>: b}
+c: {echo>: c}
+d: {echo>: d}
"""


def test_a_limit_is_a_sliding_window_in_file_order() -> None:
    play = Play.of(LIMITED)
    assert play.names_running() == ["+wf+a", "+wf+b"]
    play.end("+wf+b")
    assert play.names_running() == ["+wf+a", "+wf+c"]
    play.end("+wf+a")
    assert play.names_running() == ["+wf+c", "+wf+d"]
    assert play.run().status == "success"


def test_a_window_below_the_root_runs_all_its_tasks() -> None:
    """A child that was looked at twice while it waited took the slot of another one."""
    inner = LIMITED.replace("\n", "\n  ")
    assert Play.of(f"+fork:{inner}\n+after: {{echo>: x}}").run().status == "success"


def test_nothing_more_starts_in_a_window_after_a_failure() -> None:
    play = Play.of("_error: {echo>: sorry}\n" + LIMITED)
    play.end("+wf+a", Failed({"message": "x"}))
    assert play.names_running() == ["+wf+b"]
    play.run()
    assert (play.status, play.said) == ("group_error", ["a", "b", "sorry"])
    assert play.states()["+wf+c"] == "blocked"


def test_a_window_is_retried_whole() -> None:
    play = Play.of("_retry: 1\n" + LIMITED)
    play.end("+wf+a", Failed({"message": "x"})).end("+wf+b")
    assert play.run().status == "success"
    assert play.order.count("+wf+d") == 1


# -- retries --------------------------------------------------------------------------------------


def test_a_group_retry_runs_written_tasks_again() -> None:
    play = Play.of(
        """
        +g:
          _retry: 3
          +t1: {echo>: 1}
          +t2: {+n: {echo>: n}}
          +t3: {fail>: x}
          +t4: {echo>: 4}
        """
    ).run()
    names = [name for name in play.order if name.startswith("+wf+g")]
    assert names == ["+wf+g+t1", "+wf+g+t2+n", "+wf+g+t3"] * 4
    assert sum(1 for t in play.tasks() if t.full_name == "+wf+g+t4") == 4


def test_an_operator_with_failed_subtasks_runs_again() -> None:
    play = Play.of(
        """
        +l: {loop>: 2, _retry: 1, _do: {+a: {echo>: "${i}"}, +b: {fail>: f}}}
        """
    ).run()
    assert play.order.count("+wf+l") == 2
    assert play.said == ["0", "0"]
    assert sum(1 for t in play.tasks() if t.full_name == "+wf+l^sub") == 2


def test_retries_within_retries() -> None:
    play = Play.of(
        """
        +g:
          _retry: 1
          +h:
            _retry: 1
            +f: {fail>: x}
        """
    ).run()
    assert play.order.count("+wf+g+h+f") == 4


def test_a_retry_of_an_error_task() -> None:
    play = Play.of("+a: {fail>: x, _error: {_retry: 2, +e: {fail>: y}}}").run()
    assert play.order.count("+wf+a^error+e") == 3


def test_a_retry_from_an_expression() -> None:
    play = Play.of("+g:\n  _export: {n: 2}\n  _retry: ${n}\n  +f: {fail>: x}").run()
    assert play.order.count("+wf+g+f") == 3


def test_a_malformed_group_retry_is_no_retry(caplog: pytest.LogCaptureFixture) -> None:
    play = Play.of("+g:\n  _retry: soon\n  +f: {fail>: x}").run()
    assert play.order.count("+wf+g+f") == 1
    assert "is not retried" in caplog.text


def test_waits_of_an_exponential_group_retry() -> None:
    play = Play.of(
        "+g:\n  _retry: {limit: 3, interval: 10, interval_type: exponential}\n  +f: {fail>: x}"
    )
    waits = []
    while not play.tree.root.state.done:
        while play.running:
            play.end(play.running[0].task.full_name)
        group = next(n for n in play.tree.nodes.values() if n.task.full_name == "+wf+g")
        if group.task.retry_at is not None:
            seconds = (group.task.retry_at - play.tree.now).total_seconds()
            waits.append(seconds)
            assert play.wake(seconds - 1).names_running() == []
            play.wake(1)
    assert waits == [10, 20, 40]


def test_a_poll_keeps_its_state_and_takes_no_result() -> None:
    play = Play.of("+w: {later>: 5}")
    play.end("+wf+w")
    assert play.states()["+wf+w"] == "retry_waiting"
    task = next(t for t in play.tasks() if t.full_name == "+wf+w")
    assert (task.state_params, task.retry_count) == ({"called": True}, 1)
    assert play.wake(5).run().status == "success"


# -- kill -----------------------------------------------------------------------------------------


def test_kill_cancels_what_waits_at_once_and_runs_no_error_task() -> None:
    play = Play.of(
        """
        _error: {echo>: never}
        +p:
          _parallel: true
          +run: {echo>: x}
          +wait: {later>: 100}
        +after: {echo>: never}
        """
    )
    play.end("+wf+p+wait").kill()
    assert play.states()["+wf+p+wait"] == "canceled"
    assert play.status == "planned"
    play.end("+wf+p+run")
    assert play.states() == {
        "+wf": "canceled",
        "+wf+p": "canceled",
        "+wf+p+run": "canceled",
        "+wf+p+wait": "canceled",
        "+wf+after": "blocked",
    }
    assert play.tree.step.end is not None
    assert not play.tree.step.end.success


def test_kill_during_a_group_retry_ends_at_once() -> None:
    play = Play.of("+g:\n  _retry: {limit: 1, interval: 60}\n  +f: {fail>: x}")
    assert play.end("+wf+g+f").states()["+wf+g"] == "group_retry_waiting"
    assert play.kill().status == "canceled"


# -- limits ---------------------------------------------------------------------------------------


def test_too_many_generated_tasks_fail_the_task_that_made_them() -> None:
    play = Play.of("+l: {loop>: 5, _do: {echo>: x}}", limits=Limits(tasks=3)).run()
    task = next(t for t in play.tasks() if t.full_name == "+wf+l")
    assert task.error == {
        "message": "Too many tasks. Limit: 3, Current: 1, Adding: 5 (task limit exceeded)"
    }


def test_sub_groups_and_copies_do_not_count() -> None:
    text = "+g:\n  _retry: 5\n  +l: {loop>: 2, _do: {fail>: x}}"
    play = Play.of(text, limits=Limits(tasks=4)).run()
    assert play.order.count("+wf+g+l^sub+loop-0") == 6


# -- properties -----------------------------------------------------------------------------------

bodies = st.recursive(
    st.sampled_from([{"echo>": "x"}, {"fail>": "x"}, {"later>": 1}, {"store>": {"v": 1}}]),
    lambda inner: (
        st.builds(
            lambda children, extra: {
                **extra,
                **{f"+t{i}": child for i, child in enumerate(children)},
            },
            st.lists(inner, min_size=1, max_size=3),
            st.sampled_from(
                [
                    {},
                    {"_parallel": True},
                    {"_parallel": {"limit": 2}},
                    {"_retry": 1},
                    {"_error": {"echo>": "e"}},
                    {"_check": {"echo>": "c"}},
                ]
            ),
        )
        | st.builds(lambda body: {"loop>": 2, "_do": body}, inner)
    ),
    max_leaves=8,
)


def play_of(body: dict[str, object]) -> Play:
    import json

    return Play.of(json.dumps({"+top": body}))


@given(bodies, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_order_of_endings_ends_the_attempt(
    body: dict[str, object], rand: random.Random
) -> None:
    play = play_of(body).run(choose=rand.choice)
    assert play.status in ("success", "group_error")
    open_states = {"ready", "running", "planned", "retry_waiting", "group_retry_waiting"}
    assert not open_states & {state for *_, state in play.table()}


@given(bodies, st.integers(0, 12), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_a_kill_at_any_point_ends_the_attempt(
    body: dict[str, object], after: int, rand: random.Random
) -> None:
    play = play_of(body)
    for _ in range(after):
        if play.tree.root.state.done:
            break
        if play.running:
            play.end(rand.choice(play.running).task.full_name)
        else:
            play.wake(10)
    ended = play.tree.root.state.done
    status = play.status
    play.kill()
    while play.running:
        play.end(play.running[0].task.full_name)
    assert play.status == (status if ended else "canceled")


@given(bodies, st.integers(0, 10), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_an_attempt_read_again_from_its_rows_goes_on_the_same(
    body: dict[str, object], after: int, rand: random.Random
) -> None:
    from engine.flow import moves
    from engine.flow.tree import build

    play = play_of(body)
    for _ in range(after):
        if play.tree.root.state.done or not play.running:
            break
        play.end(play.running[0].task.full_name)
    straight = play_of(body).run()
    if not play.tree.root.state.done:
        running = {node.task.id for node in play.running}
        play.tree = build(1, play.tasks(), base={}, now=play.tree.now, evaluate=lambda t, s: t)
        play.running = [play.tree.nodes[i] for i in sorted(running)]
        moves.begin(play.tree)
        play.decide().run()
    assert play.status == straight.status


def test_an_outcome_is_taken_once() -> None:
    from engine.flow import moves

    play = Play.of("+a: {echo>: a}\n+b: {echo>: b}")
    task = play.running[0].task
    assert moves.finish(play.tree, task.id, 0, Succeeded(TaskResult()))
    assert not moves.finish(play.tree, task.id, 0, Failed({"message": "late"}))
    assert not moves.finish(play.tree, task.id, 1, Later(1, {}))
    assert task.state is TaskState.SUCCESS


def test_ends_are_never_left() -> None:
    assert all(not MOVES[state] for state in TaskState if state.done)
