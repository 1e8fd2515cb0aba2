"""Operators whose endings a test writes down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from engine.operators.api import Context, Option, TaskRequest, TaskResult


class Scripted:
    """`scripted>:` calls what the test gave. Returns and raises whatever that does."""

    name: ClassVar[str] = "scripted"
    options: ClassVar[tuple[Option, ...]] = (Option("limit"),)

    def __init__(self, ending: Callable[[TaskRequest, Context], Any]) -> None:
        self._ending = ending
        self.requests: list[TaskRequest] = []

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        self.requests.append(request)
        result: TaskResult = self._ending(request, context)
        return result


def raises(error: BaseException) -> Scripted:
    def ending(_request: TaskRequest, _context: Context) -> TaskResult:
        raise error

    return Scripted(ending)


def returns(result: Any) -> Scripted:
    return Scripted(lambda _request, _context: result)
