"""`py>: module.function` runs Python code of the project (scripting-api.md).

One process per task, with the user's Python; the runner and the `digdag` module it offers are the
files beside this one, in `python/`.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

from engine.operators.api import Command, Context, Option, TaskFailed, TaskRequest, TaskResult
from engine.operators.common import command_text, with_defaults, write_private
from engine.params import Params, merge
from engine.secrets import fill, has_secrets
from engine.typed import as_text

RUNNER = Path(__file__).parent / "python" / "digdag_main.py"
_MAX_OUTPUT = 64 << 20  # bytes
_LAST_RESULT = "last_result"
_NO_OUTPUT = "output.json does not exist. Something unexpected error happened. Please check logs."


class Py:
    name: ClassVar[str] = "py"
    options: ClassVar[tuple[Option, ...]] = (
        Option("python", ("string", "array"), about="Interpreter, with its leading arguments"),
        Option("script", about="Python code to run instead of a function of the project"),
        Option("_env", ("object",), about="Environment variables of the command"),
        Option("*", about="Every other parameter is offered as an argument"),
    )

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        params = _without_last_result(with_defaults(request), request)
        python = _interpreter(params.get("python"))
        folder = context.working_directory
        scratch = context.scratch(f"digdag-py-{request.task_id}")
        given, output = scratch / "input.json", scratch / "output.json"
        program = _program(request, params, scratch, folder)
        write_private(given, _input(request, params, context))
        paths = (os.path.relpath(path, folder) for path in (given, output))
        code = context.run_command(Command([*python, *program, *paths], folder))
        return _result(code, output)


def _without_last_result(params: Params, request: TaskRequest) -> Params:
    """What an earlier task returned is `py.last_result`, and no argument called `last_result`."""
    own = request.params
    if _LAST_RESULT in params and _LAST_RESULT not in own:
        return {key: value for key, value in params.items() if key != _LAST_RESULT}
    return params


def _interpreter(python: Any) -> list[str]:
    if isinstance(python, list) and python and all(isinstance(part, str) for part in python):
        return python
    if isinstance(python, str) and python:
        return [python]
    if python is not None:
        raise TaskFailed(f"Invalid python: {json.dumps(python)}", kind="config")
    return ["python" if shutil.which("python") else "python3"]


def _program(request: TaskRequest, params: Params, scratch: Path, folder: Path) -> list[str]:
    """The runner and its target, or the text of `script:`."""
    if request.command is not None:
        return [str(RUNNER), command_text(request)]
    script = scratch / "runner.py"
    write_private(script, as_text(params, "script"))
    return [os.path.relpath(script, folder)]


def _input(request: TaskRequest, params: Params, context: Context) -> str:
    """All parameters, with the secrets that stand in them (decisions.md).

    Nothing else of what begins with `_` is looked through: those keys have meanings of their own.
    """
    given = {
        key: value if key.startswith("_") else _with_secrets(key, value, request, context)
        for key, value in params.items()
    }
    given |= {"_type": request.operator, "_command": request.command}
    return json.dumps({"params": given})


def _with_secrets(key: str, value: Any, request: TaskRequest, context: Context) -> Any:
    if not _mentions_secret(value):
        return value
    try:
        return _filled(value, context)
    except TaskFailed as error:
        if key in request.local:
            raise
        # What is exported for other tasks must not fail this one; in Digdag it stays text.
        context.log.info(f"Parameter '{key}' is passed as it is. {error}")
        return value


def _mentions_secret(value: Any) -> bool:
    if isinstance(value, str):
        return has_secrets(value)
    if isinstance(value, dict):
        return any(map(_mentions_secret, value.values()))
    return isinstance(value, list) and any(map(_mentions_secret, value))


def _filled(value: Any, context: Context) -> Any:
    if isinstance(value, str):
        return fill(value, context.secret)
    if isinstance(value, dict):
        return {key: _filled(item, context) for key, item in value.items()}
    return [_filled(item, context) for item in value] if isinstance(value, list) else value


def _result(code: int, path: Path) -> TaskResult:
    output, trouble = _output(path)
    if code:
        raise TaskFailed(_failure(code, output, trouble), kind="runtime")
    if output is None:
        raise TaskFailed(trouble or _NO_OUTPUT, kind="runtime")
    store = _map(output, "store_params")
    last = output.get(_LAST_RESULT)
    kept = isinstance(last, dict)
    return TaskResult(
        subtask=_map(output, "subtask_config"),
        export=_map(output, "export_params"),
        store=merge(store, {"py": {_LAST_RESULT: last}}) if kept else store,
        # A new result takes the place of the old one whole, where stores are merged deeply.
        reset=(f"py.{_LAST_RESULT}",) if kept else (),
    )


def _output(path: Path) -> tuple[Params | None, str]:
    """(what the program left, why that cannot be read)"""
    unreadable = "Can't parse output.json. The command failed unexpectedly. Please check logs."
    try:
        if path.stat().st_size > _MAX_OUTPUT:
            return None, f"output.json is larger than {_MAX_OUTPUT} bytes."
        output = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None, ""
    except (ValueError, RecursionError, OSError):
        return None, unreadable
    return (output, "") if isinstance(output, dict) else (None, unreadable)


def _map(output: Params, key: str) -> Params:
    value = output.get(key) or {}
    if not isinstance(value, dict):
        raise TaskFailed(
            f"{key} in output.json must be a mapping, but is {json.dumps(value)[:100]}",
            kind="runtime",
        )
    return value


def _failure(code: int, output: Params | None, trouble: str) -> str:
    message = f"Python command failed with code {code}"
    if trouble:
        return f"{message}\n{trouble}"
    error = (output or {}).get("error")
    if not isinstance(error, dict):
        return message
    message += f"\nError messages from python: {error.get('message')} ({error.get('class')})"
    trace = error.get("backtrace")
    if not isinstance(trace, list):
        return message
    return message + "".join(f"\n\tfrom {line}" for line in trace)
