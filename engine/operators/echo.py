"""`echo>: TEXT` prints a text to the task's log."""

from __future__ import annotations

from typing import ClassVar

from engine.operators.api import Context, Option, TaskRequest, TaskResult
from engine.operators.common import command_text


class Echo:
    name: ClassVar[str] = "echo"
    options: ClassVar[tuple[Option, ...]] = ()

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        context.log.write(f"{command_text(request)}\n")
        return TaskResult()
