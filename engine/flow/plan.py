"""From a workflow to the first rows of an attempt (engine.md §3, §17.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.errors import TooManyTasks
from engine.flow.tree import Limits, counts, reuse, task_from
from engine.model import TASK_IDS_PER_ATTEMPT, Task
from engine.states import TaskState
from engine.workflow import CompiledTask


def check_limit(compiled: Sequence[CompiledTask], limits: Limits) -> None:
    """Raise `TooManyTasks` if a workflow has more tasks than an attempt may."""
    adding = sum(
        counts(c.full_name, is_group=c.is_group, is_root=c.parent is None) for c in compiled
    )
    if adding > limits.tasks:
        raise TooManyTasks(f"Too many tasks. Limit: {limits.tasks}, Current: 0, Adding: {adding}")


def first_tasks(
    attempt_id: int,
    compiled: Sequence[CompiledTask],
    now: datetime,
    reusable: dict[str, Task] | None = None,
) -> list[Task]:
    """All rows an attempt begins with: the root planned, the rest blocked or taken over."""
    base = attempt_id * TASK_IDS_PER_ATTEMPT
    ids = [base + 1 + number for number in range(len(compiled))]
    tasks = [task_from(c, attempt_id, ids, None, now) for c in compiled]
    tasks[0].state = TaskState.PLANNED
    if not reusable:
        return tasks
    for task in tasks[1:]:
        reuse(task, reusable)
    _reopen_groups(tasks)
    return tasks + _generated(tasks, reusable, base + 1 + len(tasks))


def _reopen_groups(tasks: list[Task]) -> None:
    """A group with a task that has to run is not taken over: it ends with its children."""
    by_id = {task.id: task for task in tasks}
    for task in reversed(tasks):
        parent = by_id.get(task.parent_id or 0)
        if parent is None or task.state is TaskState.SUCCESS:
            continue
        if parent.is_group and parent.state is TaskState.SUCCESS:
            parent.state, parent.resumed_from = TaskState.BLOCKED, None


def _generated(tasks: list[Task], reusable: dict[str, Task], first_id: int) -> list[Task]:
    """What reused tasks had generated comes along, or what it stored would be lost
    (engine.md §25.2, 2)."""
    new_ids = {task.resumed_from: task.id for task in tasks if task.resumed_from is not None}
    added: list[Task] = []
    for old in sorted(reusable.values(), key=lambda task: task.id):
        if old.id in new_ids or old.parent_id not in new_ids:
            continue
        new_ids[old.id] = first_id + len(added)
        added.append(_carried(old, new_ids, tasks[0].attempt_id))
    return added


def _carried(old: Task, new_ids: dict[int, int], attempt_id: int) -> Task:
    task = Task(
        id=new_ids[old.id],
        attempt_id=attempt_id,
        parent_id=new_ids[old.parent_id or 0],
        full_name=old.full_name,
        is_group=old.is_group,
        upstreams=tuple(new_ids[up] for up in old.upstreams if up in new_ids),
        waits=(),
        window=old.window,
        local=old.local,
        export=old.export,
    )
    reuse(task, {old.full_name: old})
    return task
