"""Branches that deploy nothing: what would be, were they merged (git-bot.md §12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot import comments, summary
from bot.candidate import Candidate
from bot.events import BRANCHES, RefUpdate, short_ref
from bot.git.errors import Conflicts
from bot.git.tree import Commit, Repository
from bot.judge import Judge
from bot.plan import Plan
from bot.rules import Target


def check(
    judge: Judge,
    repository: Repository,
    after: Mapping[str, str],
    default: str,
    updates: Sequence[RefUpdate],
) -> list[str]:
    """The report on branches that were pushed. `repository` may take new objects: merges are made."""
    lines: list[str] = []
    for update in updates:
        if update.new is None:
            lines.append(comments.ref_removed(update.short))
        elif update.ref.startswith(BRANCHES) and default in after:
            base = repository.commit(after[default])
            lines += _check(judge, repository, base, short_ref(default), update)
    return lines


def _check(
    judge: Judge, repository: Repository, base: Commit, base_name: str, update: RefUpdate
) -> list[str]:
    head = repository.commit(update.new or "")
    name = update.short
    if repository.is_ancestor(head.id, base.id):
        return [comments.branch_checked(name, base_name, [])]
    lines = []
    merged = head
    if not repository.is_ancestor(base.id, head.id):
        try:
            merged = replace(head, tree=repository.merge(base.id, head.id))
        except Conflicts as conflict:
            lines.append(comments.conflicts(name, base_name, conflict.paths))
    plan, before = judge.preview(base, merged, Target(update.ref, head.id))
    return lines + _report(plan, before, name, base_name)


def _report(plan: Plan, before: Mapping[str, Candidate], name: str, base_name: str) -> list[str]:
    if plan.errors:
        lines = comments.refused(plan.broken)
        return [*lines, comments.branch_broken(name, base_name, plan.errors)]
    lines = [comments.branch_checked(name, base_name, [c.name for c in plan.candidates])]
    for candidate in plan.candidates:
        lines.append(summary.of_branch(candidate, before.get(candidate.name)))
        warnings = plan.warnings.get(candidate.name, [])
        lines += [comments.problem_line(w, candidate.settings.path) for w in warnings]
    return lines
