"""Runs the rules over compiled tasks, and over those that tasks would generate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.dig.catalog import Catalog
from engine.dig.compiler import Compilation, analyse
from engine.dig.problem import Finding, shown
from engine.dig.rules import (
    calls,
    keys,
    operators,
    options,
    portability,
    reserved,
    schedule,
    sla,
)
from engine.dig.suggest import did_you_mean
from engine.dig.written import Written
from engine.errors import ConfigError
from engine.params import Params

# Keys whose value becomes a task when the one that has it ran; its name ends in the second word.
BODIES = {"_check": "^check", "_do": "^sub", "_else_do": "^sub"}


def check_top(name: str, config: Params, catalog: Catalog) -> Iterator[Finding]:
    """What a deploy checks at the top level, in keys that an upload would be accepted with."""
    yield from portability.check_top(name, config)
    if "schedule" in config:
        yield from schedule.check_crontab(config["schedule"])
    if "sla" in config:
        yield from sla.check(config["sla"])
        if tasks := sla.tasks(config["sla"]):
            compilation = analyse(f"+{name}^sla", tasks, ("sla",))
            yield from compilation.findings
            yield from check_tasks(compilation, catalog)


def check_tasks(compilation: Compilation, catalog: Catalog) -> Iterator[Finding]:
    """Every rule on every task, written or generated."""
    for task in _all_tasks(compilation):
        yield from operators.check(task, catalog)
        yield from options.check(task, catalog)
        yield from reserved.check(task)
        yield from portability.check(task)
        if task.key:
            yield from keys.check(task)
        for body in _bodies(task):
            yield from body.findings
            yield from check_tasks(body, catalog)


def follow_calls(
    compilation: Compilation, folder: str, paths: Iterable[str]
) -> Iterator[tuple[str, Finding | None]]:
    """The files that `call>` names, or what is wrong with the name.

    `folder` is where the calling file lies; with a `_workdir` of the user's own nothing is certain.
    """
    if any("_workdir" in task.export for task in compilation.tasks):
        return
    known = frozenset(paths)
    for task in _all_tasks(compilation):
        for body in _bodies(task):
            yield from follow_calls(body, folder, known)
        if (command := calls.target(task)) is not None:
            yield _followed(task, command, folder, known)


def _followed(
    task: Written, command: str, folder: str, known: frozenset[str]
) -> tuple[str, Finding | None]:
    at = task.path(str(task.operator_key))
    try:
        path = calls.called_path(command, folder)
    except ConfigError as error:
        return "", Finding(at, calls.RULE, str(error), on_value=True)
    if path in known:
        return path, None
    near = did_you_mean(path, (name for name in known if name.endswith(calls.SUFFIX)))
    message = f"File not found: {shown(path)}{near}"
    return path, Finding(at, calls.RULE, message, on_value=True)


def _all_tasks(compilation: Compilation) -> Iterator[Written]:
    yield from compilation.written
    yield from compilation.generated


def _bodies(task: Written) -> Iterator[Compilation]:
    if BODIES.keys().isdisjoint(task.own):
        return
    for key, suffix in BODIES.items():
        if key in task.own and task.own[key] is not None:
            yield analyse(task.full_name + suffix, task.own[key], task.path(key))
