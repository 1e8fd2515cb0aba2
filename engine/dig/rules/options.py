"""`options`: the parameters an operator declares have the type it reads (language.md §9).

A value that cannot be converted is certain to fail when the task runs. An unknown key next to a
declared one is probably misspelt: a warning, since any key may be a parameter.

Wrong:

    +list:
      sh>: ls
      shell: 1.5

Right:

    +list:
      sh>: ls
      shell: [bash]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.dig.catalog import Catalog, OptionLike
from engine.dig.problem import Finding, Severity, shown
from engine.dig.suggest import nearest
from engine.dig.written import Written, templated

RULE = "options"

COMMAND = "_command"
ANY = "*"  # stands for every other key: the operator reads them all
_INTEGER = re.compile(r"\s*(?:[+-]?\d+|null)?\s*", re.ASCII)
_TRUTH = {"true", "True", "false", "False", "", "null"}
_SHORTEST_TYPO = 5  # a shorter word is too near to too many


def check(task: Written, catalog: Catalog) -> Iterator[Finding]:
    options = catalog.options(task.operator or "")
    if not options:
        return
    for option in options:
        yield from _check_option(task, option)
    names = [option.name for option in options]
    for key in task.own if ANY not in names else ():
        if key not in names and key[0:1] != "_" and key not in task.operators:
            yield from _check_spelling(task, key, names)


def _check_option(task: Written, option: OptionLike) -> Iterator[Finding]:
    key = option.name
    value = task.own.get(key)
    if key == COMMAND:
        key, value = str(task.operator_key), task.command
        if value is None and option.required:
            message = f"The operator {shown(f'{task.operator}>')} needs a value"
            yield Finding(task.path(key), RULE, message)
    if value is None or templated(value) or any(_fits(value, kind) for kind in option.types):
        return
    wanted = " or ".join(option.types)
    message = f"Expected {wanted} for {shown(key)}, found {shown(value)}"
    yield Finding(task.path(key), RULE, message, on_value=True)


def _check_spelling(task: Written, key: str, names: list[str]) -> Iterator[Finding]:
    near = nearest(key, names)[:1] if len(key) >= _SHORTEST_TYPO else []
    if near and near[0] not in task.own and abs(len(near[0]) - len(key)) <= 1:
        operator = shown(f"{task.operator}>")
        message = f"{operator} does not read {shown(key)} (did you mean '{near[0]}'?)"
        yield Finding(task.path(key), RULE, message, Severity.WARNING)


def _fits(value: Any, kind: str) -> bool:
    return _FITS[kind](value) if kind in _FITS else True


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return _INTEGER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: not isinstance(value, dict | list),
    "integer": _is_integer,
    "number": lambda value: _is_integer(value) or (isinstance(value, str) and _is_number(value)),
    "boolean": lambda value: isinstance(value, int) or str(value).strip() in _TRUTH,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
