"""`run --dry-run` and `--show-params`: operators that show what they would be given, or do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from bot.cli.output import yaml_text
from engine.operators.api import Context, Operator, Option, TaskRequest, TaskResult

Find = Callable[[str], Operator | None]


def rehearsing(find: Find, *, show_params: bool, dry_run: bool) -> Find:
    """`find`, with every operator it finds wrapped as the options say."""
    if not show_params and not dry_run:
        return find

    def found(name: str) -> Operator | None:
        operator = find(name)
        if operator is None:
            return None
        return Rehearsed(operator, show_params=show_params, dry_run=dry_run)

    return found


class Rehearsed:
    """An operator behind the options."""

    name: ClassVar[str] = "rehearsed"
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, operator: Operator, *, show_params: bool, dry_run: bool) -> None:
        # What a class says of all its instances, this one says of the operator inside.
        vars(self).update(name=operator.name, options=operator.options)
        self._operator = operator
        self._show_params = show_params
        self._dry_run = dry_run

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        if self._show_params:
            context.log.info(f"{request.operator}>: parameters\n{yaml_text(request.params)}")
        if self._dry_run:
            return TaskResult()
        return self._operator.run(request, context)
