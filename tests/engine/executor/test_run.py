import os
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest

from engine.errors import ConfigError, TooManyTasks
from engine.files.logs import LogStore
from engine.operators.api import TaskFailed, TryLater
from engine.outcome import Failed, Later, Succeeded, TaskResult
from engine.params import Literal
from tests.support.scripted import Scripted, raises, returns

DONE = TaskResult(store={"v": 1}, export={"e": 2}, subtask={"+a": {"echo>": "x"}}, reset=("r",))


@pytest.fixture
def run(project):
    """Runs `scripted>:` with this ending."""

    def make(ending, task=None, **fields):
        operator = ending if isinstance(ending, Scripted) else Scripted(ending)
        return project(operators=[operator]).run({"scripted>": "x", **(task or {})}, **fields)

    return make


def test_what_the_operator_leaves_is_the_outcome(run):
    assert run(returns(DONE)).outcome == Succeeded(DONE)


def test_the_request_is_evaluated_and_says_everything(project):
    operator = returns(TaskResult())
    project(operators=[operator]).run(
        {"scripted>": "${a}", "own": "${a}!", "_export": {"b": "${a}?"}, "_error": {"x>": "${no}"}},
        params={"a": "1", "stored": Literal("${a}")},
        state={"polls": 2},
        retry_count=2,
    )
    (request,) = operator.requests
    assert (request.operator, request.command) == ("scripted", "1")
    assert request.local == {"scripted>": "1", "own": "1!"}
    assert {key: request.params[key] for key in ("b", "own", "stored", "task_name")} == {
        "b": "1?",
        "own": "1!",
        "stored": "${a}",
        "task_name": "+main+task",
    }
    assert request.state == {"polls": 2}
    assert request.session_time == datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("task", "params", "command"),
    [
        ({"_type": "${kind}", "_command": [1]}, {"kind": "scripted"}, [1]),
        ({"_type": "scripted"}, {}, None),
        ({"_type": "scripted", "_command": "x", "echo>": "no"}, {}, "x"),
        ({"scripted>": "x"}, {"echo>": "exported", "_type": "echo"}, "x"),
    ],
)
def test_only_own_keys_name_the_operator(project, task, params, command):
    operator = returns(TaskResult())
    assert project(operators=[operator]).run(task, params=params).result is not None
    assert [request.command for request in operator.requests] == [command]


def test_a_task_without_an_operator_succeeds(project):
    assert project().run({"own": "${a}"}, params={"a": 1, "sh>": "exit 1"}).result == TaskResult()


def test_an_unknown_operator_fails_with_the_nearest_word(project):
    unknown = "Unknown task type: "
    assert project().run({"ecko>": "x"}).error == f"{unknown}ecko (did you mean echo>?) (config)"
    assert project().run({"no_such_one>": "x"}).error == f"{unknown}no_such_one (config)"


def test_a_variable_that_is_not_there_fails_before_the_operator(run):
    operator = returns(DONE)
    ran = run(operator, {"own": "${nowhere}", "_retry": 3})
    assert ran.error.startswith("Failed to evaluate a variable ${nowhere}")
    assert ran.error.endswith("(config)")
    assert operator.requests == []


class BrokenThingError(Exception):
    pass


def chained():
    try:
        raise ValueError("the cause")
    except ValueError as cause:
        error = BrokenThingError()
        error.__cause__ = cause
        return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TaskFailed("plain"), "plain"),
        (TaskFailed("failed", kind="runtime"), "failed (runtime)"),
        (ConfigError("not so"), "not so (config)"),
        (TooManyTasks("Too many"), "Too many (too many tasks)"),
        (OSError(28, "No space left on device"), "The server cannot store the task's files: No space left on device (runtime)"),
    ],
)  # fmt: skip
def test_expected_failures_are_messages_only(run, error, message):
    ran = run(raises(error))
    assert ran.outcome == Failed({"message": message})
    assert "[ERROR] " in ran.log
    assert "Traceback" not in ran.log


def test_details_of_a_failure_are_kept(run):
    ran = run(raises(TaskFailed("failed", job_id=7)))
    assert ran.outcome == Failed({"message": "failed", "job_id": 7})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("broken"), "broken (runtime)"),
        (BrokenThingError("broken"), "broken (broken thing)"),
        (BrokenThingError(), "BrokenThingError() (broken thing)"),
        (chained(), "the cause (broken thing)"),
    ],
)
def test_unexpected_failures_have_a_trace(run, error, message):
    ran = run(raises(error))
    assert ran.error == message
    assert "scripted.py" in ran.outcome.error["stacktrace"]
    assert "Traceback" in ran.log


def test_retries_begin_with_nothing_but_their_count(run):
    failing = raises(TaskFailed("again"))
    retry = {"_retry": {"limit": 2, "interval": 5, "interval_type": "exponential"}}
    first = run(failing, retry, state={"job": 1}).outcome
    assert first == Later(5, {"retry_count": 1}, {"message": "again"})
    second = run(failing, retry, state=first.state, retry_count=1).outcome
    assert second == Later(10, {"retry_count": 2}, {"message": "again"})
    third = run(failing, retry, state=second.state, retry_count=2).outcome
    assert third == Failed({"message": "again"})


@pytest.mark.parametrize("error", [TaskFailed("x"), ConfigError("x"), RuntimeError("x")])
def test_every_failure_of_the_operator_is_tried_again(run, error):
    assert run(raises(error), {"_retry": "${n}"}, params={"n": 1}).later.seconds == 0


@pytest.mark.parametrize("value", [True, [1], {"interval": 3}, "soon"])
def test_a_malformed_retry_fails_without_running(run, value):
    operator = returns(DONE)
    assert run(operator, {"_retry": value}).error.endswith("(config)")
    assert operator.requests == []


def test_polling_is_no_failure_and_keeps_the_count_of_retries(run):
    polling = raises(TryLater(7, {"job": 1}))
    assert run(polling, {"_retry": 1}).outcome == Later(7, {"job": 1})
    ran = run(polling, {"_retry": 1}, state={"retry_count": 1, "job": 0})
    assert ran.outcome == Later(7, {"job": 1, "retry_count": 1})


def test_a_killed_run_never_starts(run):
    operator = returns(DONE)
    ran = run(operator, cancel_requested=True)
    assert ran.error == "Got a cancel-requested: attempt_id=1, task_id=1000001"
    assert operator.requests == []
    assert ran.log == ""


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "scripted> returned NoneType, not a TaskResult (type)"),
        (TaskResult(store={"a": object()}), "scripted> left values that are no JSON: "),
        (TaskResult(store={"a": float("nan")}), "scripted> left values that are no JSON: "),
        (
            TaskResult(store={"a": reduce(lambda inner, _: [inner], range(100), 1)}),
            "scripted> left values that are nested more than 100 levels deep",
        ),
    ],
)
def test_results_that_cannot_be_stored_fail_the_task(run, result, message):
    assert run(returns(result)).error.startswith(message)


HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "logged"),
    [
        ({}, True),
        ({"retry_count": 3, "started_at": HOUR_AGO}, False),
        ({"retry_count": 10, "started_at": datetime.now(UTC)}, False),
        ({"retry_count": 20, "started_at": HOUR_AGO}, True),
        ({"retry_count": 1, "state": {"retry_count": 1}}, True),
    ],
)
def test_the_operators_line_is_logged_once_and_then_rarely(run, fields, logged):
    assert ("scripted>: x" in run(returns(DONE), **fields).log) == logged


def test_parameters_that_no_one_reads_are_pointed_out(run):
    log = run(returns(DONE), {"limti": 1, "limit": 2, "_retry": 0}).log
    assert "[ERROR]" in log
    assert "Parameter 'limti' is not used at task +main+task." in log
    assert "Did you mean ['limit']?" in log
    assert "'limit' is not used" not in log
    assert "_retry" not in log


def test_a_log_that_cannot_be_made_fails_the_task(project, tmp_path):
    (tmp_path / "logs").write_text("in the way")
    ran = project().run({"echo>": "x"})
    assert ran.error == "The log of the task cannot be written: Not a directory"


def test_a_disk_that_fills_up_fails_the_task_and_nothing_else(project, monkeypatch):
    made = project()
    opened = LogStore.open

    def full(store, task_run):
        log = opened(store, task_run)
        os.dup2(os.open("/dev/full", os.O_WRONLY), log.fileno())
        return log

    monkeypatch.setattr(LogStore, "open", full)
    ran = made.run({"echo>": "x"})
    assert ran.error == "The log of the task cannot be written: No space left on device"
