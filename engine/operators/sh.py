"""`sh>: SCRIPT` runs a shell script in the project's folder (operators.md §5)."""

from __future__ import annotations

import json
import os
import re
from typing import Any, ClassVar

from engine.operators.api import Command, Context, Option, TaskFailed, TaskRequest, TaskResult
from engine.operators.common import command_text, with_defaults
from engine.params import Params
from engine.secrets import fill
from engine.typed import as_list

_VARIABLE = re.compile(r"[a-zA-Z_][a-zA-Z_0-9]*", re.ASCII)
_SHELL = ["/bin/sh"]


class Sh:
    name: ClassVar[str] = "sh"
    options: ClassVar[tuple[Option, ...]] = (
        Option("shell", ("array",), about="Program and arguments that run the script"),
        Option("_env", ("object",), about="Environment variables of the command"),
        Option("*", about="Every other parameter becomes an environment variable"),
    )

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        params = with_defaults(request)
        shell = [str(part) for part in as_list(params, "shell", _SHELL)]
        script = fill(command_text(request), context.secret)
        folder = context.working_directory
        runner = context.script(f"digdag-sh-{request.task_id}", "runner.sh", script)
        argv = [*shell, os.path.relpath(runner, folder)]
        code = context.run_command(Command(argv, folder, _environment(params)))
        if code:
            raise TaskFailed(f"Command failed with code {code}", kind="runtime")
        return TaskResult()


def _environment(params: Params) -> dict[str, str]:
    return {key: _text(value) for key, value in params.items() if _VARIABLE.fullmatch(key)}


def _text(value: Any) -> str:
    """A text as it is, null as nothing, all else as JSON (decisions.md, "Fixed here")."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
