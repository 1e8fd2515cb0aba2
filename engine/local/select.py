"""Which tasks of a local run are run, skipped with their saved result, or left out (cli.md §5).

Only tasks written in the file can be named; a generated task goes with the task that made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from engine.dig.suggest import nearest
from engine.errors import ConfigError
from engine.workflow import CompiledTask


class Choice(Enum):
    RUN = "run"  # whatever was saved
    IF_NEW = "if new"  # unless its success is saved
    LEAVE_OUT = "leave out"


@dataclass(frozen=True, slots=True)
class Selection:
    """The choice for every written task, by full name."""

    choices: dict[str, Choice]

    def of(self, full_name: str) -> Choice:
        """The choice for a task, or for the written task that generated it."""
        while full_name not in self.choices:
            full_name = full_name[: full_name.rindex("^")]
        return self.choices[full_name]


def select(
    tasks: Sequence[CompiledTask],
    *,
    rerun: bool = False,
    start: str | None = None,
    goal: str | None = None,
    end: str | None = None,
) -> Selection:
    """Raises `ConfigError` for a pattern that names no task, or several."""
    default = Choice.RUN if rerun else Choice.IF_NEW
    choices = dict.fromkeys((task.full_name for task in tasks), default)
    if start is not None:
        first = match(tasks, start).index
        choices.update({task.full_name: Choice.RUN for task in tasks[first:]})
    if goal is not None:
        first, after = span(tasks, match(tasks, goal))
        choices.update({task.full_name: Choice.RUN for task in tasks[first:after]})
        choices.update({task.full_name: Choice.LEAVE_OUT for task in tasks[after:]})
    if end is not None:
        first = match(tasks, end).index
        choices.update({task.full_name: Choice.LEAVE_OUT for task in tasks[first:]})
    return Selection(choices)


def match(tasks: Sequence[CompiledTask], pattern: str) -> CompiledTask:
    """The one task whose full name ends with `pattern`."""
    found = [task for task in tasks if task.full_name.endswith(pattern)]
    exact = [task for task in found if task.full_name == pattern]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        names = ", ".join(task.full_name for task in found)
        raise ConfigError(
            f"Task pattern '{pattern}' is ambiguous. Matching candidates are [{names}]"
        )
    last_names = ["+" + task.full_name.rsplit("+", 1)[-1] for task in tasks]
    near = nearest(pattern, last_names)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ConfigError(f"Task pattern '{pattern}' doesn't match with any tasks.{hint}")


def span(tasks: Sequence[CompiledTask], top: CompiledTask) -> tuple[int, int]:
    """The places of a task and all below it: one run, as the list is in pre-order."""
    inside = {top.index}
    end = top.index + 1
    while end < len(tasks) and tasks[end].parent in inside:
        inside.add(end)
        end += 1
    return top.index, end


def subtree(tasks: Sequence[CompiledTask], pattern: str) -> tuple[CompiledTask, ...]:
    """The root and one task with all below it: `digbot run FILE +TASK`."""
    first, end = span(tasks, match(tasks, pattern))
    if first == 0:
        return tuple(tasks)
    kept = [0, *range(first, end)]
    index = {old: new for new, old in enumerate(kept)}
    return tuple(_moved(tasks[old], index) for old in kept)


def _moved(task: CompiledTask, index: dict[int, int]) -> CompiledTask:
    return CompiledTask(
        index=index[task.index],
        parent=None if task.parent is None else index.get(task.parent, 0),
        full_name=task.full_name,
        is_group=task.is_group,
        upstreams=tuple(index[up] for up in task.upstreams if up in index),
        waits=tuple(index[up] for up in task.waits if up in index),
        window=task.window,
        local=task.local,
        export=task.export,
    )
