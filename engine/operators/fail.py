"""`fail>: TEXT` fails the task with exactly that message."""

from __future__ import annotations

from typing import ClassVar

from engine.operators.api import Context, Option, TaskFailed, TaskRequest, TaskResult
from engine.operators.common import command_text


class Fail:
    name: ClassVar[str] = "fail"
    options: ClassVar[tuple[Option, ...]] = ()

    def run(self, request: TaskRequest, context: Context) -> TaskResult:  # noqa: ARG002
        raise TaskFailed(command_text(request, default=""))
