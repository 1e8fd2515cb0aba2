"""`notify>: TEXT` tells people something. Without a notification service it is a line of the log."""

from __future__ import annotations

from typing import ClassVar

from engine.operators.api import Context, Option, TaskRequest, TaskResult
from engine.operators.common import command_text


class Notify:
    name: ClassVar[str] = "notify"
    options: ClassVar[tuple[Option, ...]] = ()

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        context.log.info(f"Notification: {command_text(request, default='')}")
        return TaskResult()
