"""Which tasks of an older attempt a new one takes over (engine.md §17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ConfigError
from engine.flow.generate import NEVER_REUSED
from engine.model import Params, Task
from engine.states import TaskState


@dataclass(frozen=True, slots=True)
class Resume:
    """`from_` is the pattern of mode "from", None for mode "failed"."""

    attempt_id: int
    from_: str | None = None

    def as_params(self) -> Params:
        """The form that is stored with the attempt, and read by `from_params`."""
        return {"attempt_id": self.attempt_id, "from": self.from_}

    @classmethod
    def from_params(cls, stored: Params) -> Resume:
        return cls(stored["attempt_id"], stored["from"])


def reusable(tasks: Sequence[Task], from_: str | None) -> dict[str, Task]:
    """Full name -> the finished task that is taken over. Raises `ConfigError` for a bad request."""
    newest = {task.full_name: task for task in sorted(tasks, key=lambda task: task.id)}
    root = tasks[0]
    chosen = _before(newest, root, from_) if from_ is not None else _succeeded(newest, root)
    return {
        name: task
        for name, task in chosen.items()
        if not any(mark in name for mark in NEVER_REUSED)
    }


def _succeeded(newest: dict[str, Task], root: Task) -> dict[str, Task]:
    if root.state is TaskState.SUCCESS:
        raise ConfigError("Resuming successfully completed attempts is not supported")
    return {name: task for name, task in newest.items() if task.state is TaskState.SUCCESS}


def _before(newest: dict[str, Task], root: Task, pattern: str) -> dict[str, Task]:
    target = _match(newest, pattern)
    if target.id == root.id:
        raise ConfigError("Resuming root task is not allowed")
    by_id = {task.id: task for task in newest.values()}
    reused: dict[str, Task] = {}
    current: Task | None = target
    while current is not None and current.parent_id is not None:
        for sibling in _upstream_closure(current, by_id):
            reused.update(_subtree(sibling, newest))
        current = by_id.get(current.parent_id)
    failed = next((t for t in reused.values() if t.state is not TaskState.SUCCESS), None)
    if failed is not None:
        raise ConfigError(
            f"Resuming non-successful tasks is not allowed: {failed.full_name} is {failed.state.label}"
        )
    return reused


def _match(newest: dict[str, Task], pattern: str) -> Task:
    if len(pattern) < 2:
        raise ConfigError(f"Task pattern '{pattern}' must be a task name such as +load")
    found = [name for name in newest if name.endswith(pattern)]
    if not found:
        raise ConfigError(f"Task pattern '{pattern}' doesn't match with any tasks.")
    if len(found) > 1 and pattern not in found:
        names = ", ".join(found)
        raise ConfigError(
            f"Task pattern '{pattern}' is ambiguous. Matching candidates are [{names}]"
        )
    return newest[pattern if pattern in found else found[0]]


def _upstream_closure(task: Task, by_id: dict[int, Task]) -> list[Task]:
    found: dict[int, Task] = {}
    todo = list(task.upstreams)
    while todo:
        upstream = by_id.get(todo.pop())
        if upstream is not None and upstream.id not in found:
            found[upstream.id] = upstream
            todo.extend(upstream.upstreams)
    return list(found.values())


def _subtree(top: Task, newest: dict[str, Task]) -> dict[str, Task]:
    ids = {top.id}
    found = {top.full_name: top}
    for name, task in newest.items():  # by id: a parent comes before its children
        if task.parent_id in ids:
            ids.add(task.id)
            found[name] = task
    return found
