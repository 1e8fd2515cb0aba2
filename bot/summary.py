"""What a deploy changed, as values for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from bot import comments
from bot.candidate import Candidate
from bot.comments import Deployed, NextRun
from bot.git.diff import changed_paths
from bot.git.tree import Repository
from engine.deploy import DeployResult
from engine.dig.compiler import CompileError, compile_workflow
from engine.model import Params, Schedule
from engine.store import definitions
from engine.store.database import Tx
from engine.workflow import CompiledTask


def of_deploy(
    tx: Tx,
    repository: Repository,
    candidate: Candidate,
    result: DeployResult,
    *,
    old_tree: str | None,
) -> Deployed:
    """Within the transaction of the deploy: what there was before is looked up."""
    settings = candidate.settings
    current = {definition.name for definition in definitions.definitions_of(tx, result.revision.id)}
    same_words = not (result.added or result.changed or result.removed)
    quiet = result.action == "unchanged" or result.previous is None
    return Deployed(
        project=settings.name,
        revision=result.revision.number,
        action=result.action,
        workflows=len(current),
        schedules=len(result.schedules),
        commit=candidate.commit.id,
        tag=candidate.target.tag,
        content_of=_origin(result),
        schedules_off=not settings.schedules,
        added=result.added,
        changed=_changed_tasks(tx, candidate, result),
        removed=result.removed,
        files=_files(repository, old_tree, candidate) if same_words and not quiet else {},
        next_runs=[] if result.action == "unchanged" else next_runs(candidate, result.schedules),
        folder=settings.path,
    )


def next_runs(candidate: Candidate, schedules: Iterable[Schedule]) -> list[NextRun]:
    """The next run of each schedule that is on, soonest first."""
    enabled = [row for row in schedules if row.disabled_at is None]
    found = []
    for row in sorted(enabled, key=lambda row: (row.next_run_time, row.workflow_name)):
        workflow = candidate.loaded.workflows.get(row.workflow_name)
        zone = workflow.timezone if workflow else "UTC"
        found.append(NextRun(row.workflow_name, row.next_run_time.astimezone(ZoneInfo(zone)), zone))
    return found


def changed_tasks(name: str, before: Params, after: Params) -> int:
    """How many tasks were added, removed or are defined in another way; the root is none."""
    old, new = _tasks(name, before), _tasks(name, after)
    names = old.keys() | new.keys()
    return sum(old.get(task) != new.get(task) for task in names)


def of_branch(candidate: Candidate, base: Candidate | None) -> str:
    """The changes of a project that a branch would bring, in one line."""
    before = base.loaded.workflows if base else {}
    after = candidate.loaded.workflows
    changed = {
        name: changed_tasks(name, before[name].config, workflow.config)
        for name, workflow in after.items()
        if name in before and repr(before[name].config) != repr(workflow.config)
    }
    return comments.preview(
        candidate.name,
        added=[name for name in after if name not in before],
        changed=changed,
        removed=[name for name in before if name not in after],
    )


def _changed_tasks(tx: Tx, candidate: Candidate, result: DeployResult) -> Mapping[str, int]:
    if result.previous is None:
        return {}
    found = {}
    for name in result.changed:
        before = definitions.find_definition(tx, result.previous.id, name)
        after = candidate.loaded.workflows.get(name)
        known = before is not None and after is not None
        found[name] = changed_tasks(name, before.config, after.config) if known else 0  # type: ignore[union-attr]
    return found


def _tasks(name: str, config: Params) -> dict[str, tuple[object, ...]]:
    try:
        tasks = compile_workflow(name, config)[1:]
        return {task.full_name: _definition(task) for task in tasks}
    except CompileError:  # of a version that accepted something else
        return {}


def _definition(task: CompiledTask) -> tuple[object, ...]:
    return (task.is_group, repr(task.local), repr(task.export))


def _files(repository: Repository, old_tree: str | None, candidate: Candidate) -> Mapping[str, str]:
    if old_tree is None or not repository.has(old_tree):
        return {}
    changed = changed_paths(repository, old_tree, candidate.tree)
    return {
        path: mark
        for path, mark in changed.items()
        if path in candidate.snapshot.files or mark == "-"
    }


def _origin(result: DeployResult) -> str | None:
    """The commit that brought the content first."""
    git = result.revision.user_info.get("git")
    found = git.get("commit") if isinstance(git, dict) else None
    return found if isinstance(found, str) else None
