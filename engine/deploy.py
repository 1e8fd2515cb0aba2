"""Make content the current revision of a project: deploys from git, and uploads (decisions.md)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.dig.project import LoadedProject, Workflow
from engine.errors import ConfigError, Conflict
from engine.model import Definition, Deployment, Params, Project, Revision, Schedule, Trigger
from engine.store import definitions, projects, revisions, triggers
from engine.store.database import Tx
from engine.timetable import replace_schedules


@dataclass(frozen=True, slots=True)
class Archive:
    """A stored archive: its key in the file store, and what the API shows of it."""

    sha256: str
    md5: str
    size: int

    @classmethod
    def of(cls, sha256: str, data: bytes) -> Archive:
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        return cls(sha256, base64.b64encode(digest).decode(), len(data))


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """One project of one commit. `revision_name` is the tag or 12 digits of the commit."""

    project_name: str
    loaded: LoadedProject
    content_hash: str
    archive: Archive
    revision_name: str
    repository_id: int | None
    commit: str
    ref: str
    tag: str | None
    author: str | None
    subject: str | None
    committed_at: datetime | None
    requested_by: str
    schedules_enabled: bool = True
    user_info: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """Digdag's push (rest-api.md §6)."""

    project_name: str
    revision_name: str
    archive: bytes
    schedule_from: datetime | None = None
    clear_schedules: tuple[str, ...] = ()
    clear_all: bool = False


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`action` is that of the deployment. Names are of workflows."""

    project: Project
    revision: Revision
    previous: Revision | None
    deployment: Deployment
    action: str  # deployed | unchanged | rolled_back | adopted
    schedules: list[Schedule]
    removed_schedules: list[str]
    added: list[str]
    changed: list[str]
    removed: list[str]


def deploy(tx: Tx, request: DeployRequest, now: datetime) -> DeployResult:
    """Raises `Conflict` when the project belongs to another repository."""
    project, adopted = _owned_project(tx, request, now)
    previous = _current(tx, project)
    before = definitions.definitions_of(tx, previous.id) if previous else []
    revision, action = _revision(tx, project, previous, request, now)
    after = before
    if previous is None or revision.id != previous.id:
        after = definitions.definitions_of(tx, revision.id)
        projects.set_current(tx, project.id, revision.id)
    action = "adopted" if adopted else action
    deployment = _record(tx, revision, request, action=action, now=now)
    rows, gone = replace_schedules(tx, project, after, now, enabled=request.schedules_enabled)
    replace_triggers(tx, project, after if request.schedules_enabled else [])
    added, changed, removed = compare(before, after)
    return DeployResult(
        project=project,
        revision=revision,
        previous=previous,
        deployment=deployment,
        action=deployment.action,
        schedules=rows,
        removed_schedules=gone,
        added=added,
        changed=changed,
        removed=removed,
    )


def _owned_project(tx: Tx, request: DeployRequest, now: datetime) -> tuple[Project, bool]:
    """The project, and whether it had no repository before and gets this one."""
    project = projects.find_project(tx, request.project_name, lock=True)
    if project is None:
        made = projects.insert_project(
            tx, request.project_name, now=now, repository_id=request.repository_id
        )
        return made, False
    if project.repository_id is None and request.repository_id is not None:
        projects.set_repository(tx, project.id, request.repository_id)
        return projects.project(tx, project.id), True
    if project.repository_id != request.repository_id:
        raise Conflict(f"Project '{project.name}' follows another repository")
    return project, False


def _current(tx: Tx, project: Project) -> Revision | None:
    if project.current_revision_id is None:
        return None
    return revisions.revision(tx, project.current_revision_id)


def _revision(
    tx: Tx, project: Project, previous: Revision | None, request: DeployRequest, now: datetime
) -> tuple[Revision, str]:
    """Content makes a revision once: equal content is found again, by its hash."""
    if previous is not None and previous.content_hash == request.content_hash:
        return previous, "unchanged"
    older = revisions.find_revision(tx, project.id, content_hash=request.content_hash)
    if older is not None:
        return older, "rolled_back"
    return _new_revision(tx, project, request, now), "deployed"


def _new_revision(tx: Tx, project: Project, request: DeployRequest, now: datetime) -> Revision:
    revision = revisions.insert_revision(
        tx,
        project.id,
        name=revisions.free_revision_name(tx, project.id, request.revision_name),
        content_hash=request.content_hash,
        archive_sha256=request.archive.sha256,
        archive_md5=request.archive.md5,
        archive_size=request.archive.size,
        user_info=request.user_info,
        now=now,
    )
    # The serial number is known now; clients that know Digdag only find it in `userInfo`.
    git = {**request.user_info.get("git", {}), "number": revision.number}
    user_info = {**request.user_info, "git": git}
    revisions.set_user_info(tx, revision.id, user_info)
    definitions.insert_definitions(tx, revision, _workflows(request.loaded.workflows.values()))
    return replace(revision, user_info=user_info)


def _workflows(workflows: Iterable[Workflow]) -> list[tuple[str, str, Params]]:
    return [(w.name, w.timezone, w.config) for w in workflows]


def _record(
    tx: Tx, revision: Revision, request: DeployRequest, *, action: str, now: datetime
) -> Deployment:
    return revisions.insert_deployment(
        tx,
        revision.project_id,
        revision.id,
        action=action,
        requested_by=request.requested_by,
        now=now,
        repository_id=request.repository_id,
        commit=request.commit,
        ref=request.ref,
        tag=request.tag,
        author=request.author,
        subject=request.subject,
        committed_at=request.committed_at,
    )


def upload(
    tx: Tx, request: UploadRequest, loaded: LoadedProject, archive: Archive, now: datetime
) -> Project:
    """A revision from an uploaded archive. Raises `Conflict` when its name is taken."""
    missing = [name for name in request.clear_schedules if name not in loaded.workflows]
    if missing:
        raise ConfigError(f"{missing[0]} does not exist")
    project = projects.find_project(tx, request.project_name, lock=True)
    if project is None:
        project = projects.insert_project(tx, request.project_name, now=now)
    revision = revisions.insert_revision(
        tx,
        project.id,
        name=request.revision_name,
        content_hash="",
        archive_sha256=archive.sha256,
        archive_md5=archive.md5,
        archive_size=archive.size,
        user_info={},
        now=now,
    )
    made = definitions.insert_definitions(tx, revision, _workflows(loaded.workflows.values()))
    projects.set_current(tx, project.id, revision.id)
    revisions.insert_deployment(
        tx, project.id, revision.id, action="uploaded", requested_by="upload", now=now
    )
    cleared = [d.name for d in made] if request.clear_all else request.clear_schedules
    replace_schedules(tx, project, made, now, first_from=request.schedule_from, cleared=cleared)
    replace_triggers(tx, project, made)
    return projects.project(tx, project.id)


def replace_triggers(tx: Tx, project: Project, workflows: Iterable[Definition]) -> None:
    """The triggers of the current revision; none when the project's schedules are off."""
    found = [
        Trigger(project.id, d.name, t["dependent_project_name"], t["dependent_workflow_name"])
        for d in workflows
        if isinstance(t := d.config.get("trigger"), Mapping)
    ]
    triggers.replace_triggers(tx, project.id, found)


def compare(
    before: Iterable[Definition], after: Iterable[Definition]
) -> tuple[list[str], list[str], list[str]]:
    """Names of added, changed and removed workflows."""
    # As text: the order of keys matters, and mappings compare without it.
    old = {d.name: (d.timezone, json.dumps(d.config)) for d in before}
    new = {d.name: (d.timezone, json.dumps(d.config)) for d in after}
    added = [name for name in new if name not in old]
    changed = [name for name in new if name in old and new[name] != old[name]]
    return added, changed, [name for name in old if name not in new]
