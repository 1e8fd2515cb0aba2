"""One execution of one task: parameters, expressions, operator, outcome (engine.md §6)."""

from __future__ import annotations

import errno
import json
import logging
import re
import traceback
from dataclasses import fields
from datetime import timedelta
from typing import Any

from engine.errors import ConfigError, EngineError
from engine.executor.context import RunLog, Services, TaskContext, cancel_message
from engine.expr.template import Evaluated, evaluate
from engine.files.logs import LogWriteError
from engine.model import Params, TaskRun
from engine.operators import registry
from engine.operators.api import Operator, TaskFailed, TaskRequest, TryLater
from engine.outcome import Failed, Later, Outcome, Succeeded, TaskResult
from engine.params import MOST_DEPTH, too_deep
from engine.retry import RETRY_COUNT, RetryControl
from engine.typed import as_int, as_text
from engine.words import nearest

__all__ = ["Services", "cancelled", "run_task"]

_log = logging.getLogger(__name__)
_NOT_THE_OPERATORS = ("_check", "_error")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOUD_AFTER = timedelta(minutes=30)  # polls are logged again, every tenth
_LOUD_EVERY = 10


def run_task(run: TaskRun, services: Services) -> Outcome:
    """Run it to its end, whatever that is. Raises nothing that an operator or a user can cause."""
    if run.cancel_requested:
        return cancelled(run)
    try:
        log = services.logs.open(run)
    except LogWriteError as error:
        return Failed({"message": str(error)})
    try:
        return _run(run, services, log)
    except LogWriteError as error:
        return Failed({"message": str(error)})
    finally:
        log.close()


def cancelled(run: TaskRun) -> Failed:
    """The outcome of a run that a kill came before."""
    return Failed({"message": cancel_message(run)})


def _run(run: TaskRun, services: Services, log: RunLog) -> Outcome:
    """Until the operator starts, a failure is final: `_retry` does not apply (engine.md §11.1)."""
    try:
        request = _request(run, services)
        if request is None:
            return Succeeded(TaskResult())
        operator = services.operators(request.operator)
        if operator is None:
            raise TaskFailed(_unknown(request.operator), kind="config")
        retry = RetryControl.from_config(request.params.get("_retry"))
        context = TaskContext(run, request, services, log)
    except Exception as error:
        return _failed(error, log)
    if _worth_a_line(run, services):
        log.info(f"{request.operator}>: {_shown(request.command)}")
    with context:
        return _call(operator, request, context, retry, log)


def _request(run: TaskRun, services: Services) -> TaskRequest | None:
    """The request with everything evaluated; None for a task without an operator."""
    local = {key: value for key, value in run.local.items() if key not in _NOT_THE_OPERATORS}
    found = evaluate(
        {**run.params, "task_name": run.full_name},
        local,
        javascript=services.javascript,
        timezone=run.timezone,
    )
    chosen = _operator_of(found)
    if chosen is None:
        return None
    name, command = chosen
    shared = {key: getattr(run, key) for key in _SHARED}
    return TaskRequest(
        **shared, operator=name, command=command, params=found.params, local=found.local
    )


_SHARED = {f.name for f in fields(TaskRun)} & {f.name for f in fields(TaskRequest)} - {
    "params",
    "local",
}


def _operator_of(found: Evaluated) -> tuple[str, Any] | None:
    """Name and command. Only the task's own keys count (language.md §5.5, §23.2 item 12)."""
    if "_type" in found.local:
        return as_text(found.local, "_type"), found.local.get("_command")
    for key, value in found.local.items():
        if key.endswith(">"):
            return key[:-1], value
    return None


def _unknown(name: str) -> str:
    near = nearest(name, registry.names())
    return f"Unknown task type: {name}" + (f" (did you mean {near[0]}>?)" if near else "")


def _worth_a_line(run: TaskRun, services: Services) -> bool:
    """The first run is, and of polls that take long every tenth (engine.md §12)."""
    if run.retry_count == 0 or RETRY_COUNT in run.state:
        return True
    if run.retry_count % _LOUD_EVERY or run.started_at is None:
        return False
    return services.clock.now() - run.started_at > _LOUD_AFTER


def _shown(command: Any) -> str:
    if command is None:
        return ""
    return command if isinstance(command, str) else json.dumps(command, ensure_ascii=False)


def _call(
    operator: Operator,
    request: TaskRequest,
    context: TaskContext,
    retry: RetryControl,
    log: RunLog,
) -> Outcome:
    try:
        result = _checked(operator.run(request, context), request.operator)
    except TryLater as later:
        return Later(later.seconds, _kept_count(request.state) | later.state)
    except LogWriteError:
        raise
    except Exception as error:
        failure = _failed(error, log, context)
        tries = as_int(request.state, RETRY_COUNT, 0)
        wait = retry.wait(tries)
        if wait is None:
            return failure
        # The operator starts again from nothing: no other state is kept (decisions.md).
        return Later(wait, {RETRY_COUNT: tries + 1}, failure.error)
    _warn_of_unused(operator, request, log)
    return Succeeded(result)


def _kept_count(state: Params) -> Params:
    return {RETRY_COUNT: state[RETRY_COUNT]} if RETRY_COUNT in state else {}


def _checked(result: object, operator: str) -> TaskResult:
    """What is stored must be JSON: find out here, where only this task is hurt by it."""
    if not isinstance(result, TaskResult):
        raise TypeError(f"{operator}> returned {type(result).__name__}, not a TaskResult")
    if result.subtask or result.export or result.store:
        try:
            json.dumps([result.subtask, result.export, result.store], allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise TaskFailed(f"{operator}> left values that are no JSON: {error}") from None
        if any(map(too_deep, (result.subtask, result.export, result.store))):
            raise TaskFailed(
                f"{operator}> left values that are nested more than {MOST_DEPTH} levels deep"
            )
    return result


def _warn_of_unused(operator: Operator, request: TaskRequest, log: RunLog) -> None:
    """Parameters of the task that its operator does not know (operators.md §3.11)."""
    known = {option.name for option in operator.options}
    if registry.ANY in known:
        return
    for key in request.local:
        if key not in known and not key.startswith("_") and not key.endswith(">"):
            log.error(f"Parameter '{key}' is not used at task {request.full_name}.")
            if near := nearest(key, known):
                log.error(f"  > Did you mean {near}?")


def _failed(error: Exception, log: RunLog, context: TaskContext | None = None) -> Failed:
    """The error object of the task (engine.md §6.2), logged as users and developers need it."""
    found = _error_object(error)
    if context is not None:
        found = {key: context.hide(value) for key, value in found.items()}
    log.error(f"Task failed: {found['message']}")
    if "stacktrace" in found:
        trace = "".join(traceback.format_exception(error))
        log.write(str(context.hide(trace)) if context else trace)
        _log.error("A task failed with an unexpected error: %s", found["message"])
    return Failed(found)


def _error_object(error: Exception) -> Params:
    if isinstance(error, TaskFailed):
        return error.error
    if isinstance(error, ConfigError):
        return {"message": f"{error} (config)"}
    if isinstance(error, EngineError):
        return {"message": f"{error} ({_kind(error)})"}
    if isinstance(error, OSError) and error.errno in _FULL:
        return {"message": f"The server cannot store the task's files: {error.strerror} (runtime)"}
    return unexpected_error(error)


def unexpected_error(error: BaseException) -> Params:
    """The first message in the chain of causes, the kind of the error, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "message": f"{_first_message(error)} ({_kind(error)})",
        "stacktrace": ", ".join(f"{f.filename}:{f.lineno} in {f.name}" for f in reversed(frames)),
    }


def _first_message(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if str(cause):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return repr(error)


def _kind(error: BaseException) -> str:
    """`KeyError` → "key", `TooManyTasks` → "too many tasks": Digdag's way with class names."""
    name = re.sub(r"(Exception|Error)$", "", type(error).__name__) or type(error).__name__
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
