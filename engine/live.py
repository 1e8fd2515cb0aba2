"""An attempt that this server drives: what its rows say, its tree, and what its tasks see."""

from __future__ import annotations

from dataclasses import dataclass

from engine.flow.scope import visible
from engine.flow.tree import Node, Tree
from engine.model import Attempt, Params, Task, TaskRun
from engine.params import builtins, derived_times
from engine.states import TaskFlag

# Ordinary parameters, which an export or a store may override; what follows from them does as well.
SCHEDULE_TIMES = ("last_session_time", "next_session_time", "last_executed_session_time")


@dataclass(frozen=True, slots=True)
class LoadedAttempt:
    """An attempt as its rows have it; `base` is what every task sees before all else."""

    attempt: Attempt
    project_name: str
    revision_name: str
    archive_sha256: str
    base: Params
    tasks: list[Task]
    reusable: dict[str, Task]


class Live:
    """An attempt this server drives."""

    def __init__(self, loaded: LoadedAttempt, tree: Tree) -> None:
        self.loaded = loaded
        self.tree = tree
        attempt = loaded.attempt
        self.builtins = builtins(
            timezone=attempt.timezone,
            project_id=attempt.project_id,
            session_id=attempt.session_id,
            session_uuid=attempt.session_uuid,
            session_time=attempt.session_time,
            attempt_id=attempt.id,
            retry_attempt_name=attempt.retry_attempt_name,
            params=loaded.base,
        )

    def run_of(self, node: Node) -> TaskRun:
        """What the executor gets for a task that is RUNNING."""
        task, loaded = node.task, self.loaded
        attempt = loaded.attempt
        seen = visible(self.tree, node)
        params = {**seen, **self.builtins, "task_name": task.full_name}
        if any(seen.get(name) != loaded.base.get(name) for name in SCHEDULE_TIMES):
            params |= derived_times(seen, attempt.timezone)
        return TaskRun(
            task_id=task.id,
            attempt_id=attempt.id,
            session_id=attempt.session_id,
            project_id=attempt.project_id,
            project_name=loaded.project_name,
            workflow_name=attempt.workflow_name,
            revision_name=loaded.revision_name,
            archive_sha256=loaded.archive_sha256,
            full_name=task.full_name,
            timezone=attempt.timezone,
            session_time=attempt.session_time,
            session_uuid=attempt.session_uuid,
            retry_attempt_name=attempt.retry_attempt_name,
            attempt_created_at=attempt.created_at,
            params=params,
            local=task.local,
            state=task.state_params,
            retry_count=task.retry_count,
            started_at=task.started_at,
            cancel_requested=bool(task.flags & TaskFlag.CANCEL_REQUESTED),
        )
