"""Carry out a plan: archives first, then all projects in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot import comments, store, summary
from bot.candidate import Candidate
from bot.comments import Deployed
from bot.content import archive
from bot.git.tree import Repository
from bot.plan import Plan, Position, Situation, settings_of
from bot.store import Follow
from engine.clock import Clock
from engine.deploy import Archive, DeployRequest, DeployResult, replace_triggers
from engine.files.base import FileStore
from engine.store import projects, revisions, schedules
from engine.store.database import Database, Tx

_COMMIT_DIGITS = 12  # of a revision's name (decisions.md)


class Engine(Protocol):
    """What the bot needs of `engine.service.Engine`."""

    @property
    def database(self) -> Database: ...

    @property
    def files(self) -> FileStore: ...

    @property
    def clock(self) -> Clock: ...

    def deploy(self, tx: Tx, request: DeployRequest) -> DeployResult: ...

    def times_changed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    candidate: Candidate
    archive: Archive


@dataclass(frozen=True, slots=True)
class Job:
    """A plan that is carried out: for which repository, on whose behalf."""

    row: store.Repository
    repository: Repository
    situation: Situation
    plan: Plan
    prepared: Sequence[Prepared]
    requested_by: str


def prepare(engine: Engine, plan: Plan) -> list[Prepared]:
    """Store the files of what is new. Files that no deploy uses in the end do no harm."""
    return [Prepared(candidate, _archive(engine, candidate)) for candidate in plan.candidates]


def _archive(engine: Engine, candidate: Candidate) -> Archive:
    with engine.database.read() as tx:
        project = projects.find_project(tx, candidate.name)
        known = project and revisions.find_revision(
            tx, project.id, content_hash=candidate.content_hash
        )
    if known:
        return Archive(known.archive_sha256, known.archive_md5, known.archive_size)
    data = archive(candidate.snapshot)
    return Archive.of(engine.files.put(data), data)


def deploy(tx: Tx, engine: Engine, job: Job) -> list[Deployed]:
    """Deploy all that the plan holds, and write where each project stands now."""
    results = []
    for item in job.prepared:
        candidate = item.candidate
        result = engine.deploy(tx, _request(item, job))
        follow = job.situation.follows.get(candidate.name)
        changes = summary.of_deploy(
            tx, job.repository, candidate, result, old_tree=follow.tree if follow else None
        )
        warnings = job.plan.warnings.get(candidate.name, ())
        results.append(replace(changes, warnings=warnings))
    now = engine.clock.now()
    _withdraw(tx, engine, job, now)
    store.save_follows(tx, _follows(job, now))
    return results


def _request(item: Prepared, job: Job) -> DeployRequest:
    candidate = item.candidate
    commit, target = candidate.commit, candidate.target
    return DeployRequest(
        project_name=candidate.name,
        loaded=candidate.loaded,
        content_hash=candidate.content_hash,
        archive=item.archive,
        revision_name=target.tag or commit.id[:_COMMIT_DIGITS],
        repository_id=job.row.id,
        commit=commit.id,
        ref=target.ref,
        tag=target.tag,
        author=commit.author,
        subject=commit.subject,
        committed_at=commit.committed_at,
        requested_by=job.requested_by,
        schedules_enabled=candidate.settings.schedules,
        user_info={"git": _git_info(candidate, job.row)},
    )


def _git_info(candidate: Candidate, row: store.Repository) -> dict[str, str | None]:
    """What clients of Digdag's API find in `userInfo.git` (decisions.md); all of it is text."""
    commit = candidate.commit
    return {
        "repository": row.name,
        "path": candidate.settings.path,
        "commit": commit.id,
        "ref": candidate.target.ref,
        "tag": candidate.target.tag,
        "author": commit.author,
        "subject": commit.subject,
        "committedAt": commit.committed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _withdraw(tx: Tx, engine: Engine, job: Job, now: datetime) -> None:
    """Nothing starts what is gone any more by itself; the projects, with all that they ran, stay."""
    names = [gone.project for gone in job.plan.gone]
    for project in projects.find_projects(tx, names).values():
        if project.repository_id != job.row.id:
            continue
        rows = schedules.schedules_of(tx, project.id).values()
        schedules.hide(tx, [row.id for row in rows], now=now)
        replace_triggers(tx, project, ())
        tx.after_commit(engine.times_changed)


def _follows(job: Job, now: datetime) -> Iterable[Follow]:
    for position in job.plan.positions:
        settings = position.settings
        before = job.situation.follows.get(settings.name)
        yield Follow(
            repository_id=job.row.id,
            project_name=settings.name,
            path=settings.path,
            ref=position.target.ref if position.target else None,
            commit=position.commit,
            tree=position.tree or _runs_on(position, before),
            settings=settings_of(settings),
            uploads=settings.uploads,
            state=position.state,
            updated_at=now,
        )


def _runs_on(position: Position, before: Follow | None) -> str | None:
    """A refused project runs what it ran: that folder stays the one to compare with."""
    return before.tree if before and position.state == "refused" else None


def report(plan: Plan, results: Sequence[Deployed]) -> list[str]:
    """What became of the projects."""
    lines = comments.deployed(results)
    lines += comments.gone(plan.gone)
    lines += [comments.waiting(project, rule) for project, rule in plan.waiting]
    if plan.broken:
        lines += comments.refused(plan.broken)
        lines.append(comments.partly_deployed([refused.project for refused in plan.broken]))
    if plan.untouched and lines:
        lines.append(comments.untouched(plan.untouched))
    return lines


def nothing(plan: Plan) -> str:
    """Why a plan asks for nothing."""
    if plan.layout is None:
        return comments.NO_BRANCH
    return comments.NO_CHANGE if plan.layout.projects else comments.NOTHING
