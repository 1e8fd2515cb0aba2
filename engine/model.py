"""The nouns of the engine, as values. One glossary: the same words in code, tables, URLs, commands.

Everything is frozen but `Task`, which the owner of an attempt moves in memory and the store writes.
Moments are aware datetimes in UTC; session times have whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.states import AttemptStatus, TaskFlag, TaskState, attempt_status

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    name: str
    created_at: datetime
    deleted_at: datetime | None = None
    current_revision_id: int | None = None
    repository_id: int | None = None  # the repository that owns it, None when uploaded


@dataclass(frozen=True, slots=True)
class Revision:
    """Content of a project. Serial number per project, name for people (decisions.md)."""

    id: int
    project_id: int
    number: int
    name: str
    content_hash: str  # canonical content; "" for an upload
    archive_sha256: str  # key in the file store
    archive_md5: str  # base64 of 16 bytes, as the API shows it
    archive_size: int
    user_info: Params
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deployment:
    """(project, revision, commit): what made a revision current. `action` says how."""

    id: int
    project_id: int
    revision_id: int
    action: str  # deployed | unchanged | rolled_back | uploaded | adopted
    repository_id: int | None
    commit: str | None
    ref: str | None
    tag: str | None
    author: str | None
    subject: str | None
    committed_at: datetime | None
    requested_by: str  # "push", "upload", "poll", "rollback" …
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Definition:
    """A workflow as one revision has it. `config` is what `GET /api/workflows/{id}` shows."""

    id: int
    project_id: int
    revision_id: int
    name: str
    timezone: str
    config: Params


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    project_id: int
    workflow_name: str
    session_time: datetime
    uuid: str
    last_attempt_id: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    id: int
    session_id: int
    project_id: int
    workflow_name: str
    session_time: datetime
    session_uuid: str
    definition_id: int
    revision_id: int
    deployment_id: int | None
    index: int
    retry_attempt_name: str | None
    timezone: str
    params: Params
    cancel_requested: bool
    done: bool
    success: bool
    created_at: datetime
    finished_at: datetime | None
    triggered_by: int | None = None  # the upstream attempt whose success started this one
    resumed_from: int | None = None

    @property
    def status(self) -> AttemptStatus:
        return attempt_status(
            done=self.done, success=self.success, cancel_requested=self.cancel_requested
        )


@dataclass(slots=True)
class Task:
    """One row of an attempt's tree (engine.md §4). Only the owner of the attempt changes it."""

    id: int
    attempt_id: int
    parent_id: int | None
    full_name: str
    is_group: bool
    upstreams: tuple[int, ...]
    waits: tuple[int, ...]
    window: int
    local: Params
    export: Params
    state: TaskState = TaskState.BLOCKED
    flags: TaskFlag = TaskFlag.INITIAL
    retry_count: int = 0
    state_params: Params = field(default_factory=dict)
    export_params: Params = field(default_factory=dict)  # what the operator exported
    store_params: Params = field(default_factory=dict)
    reset_params: tuple[str, ...] = ()
    error: Params = field(default_factory=dict)
    retry_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    resumed_from: int | None = None  # the task of an older attempt whose success this one reuses


@dataclass(frozen=True, slots=True)
class TaskUpdate:
    """The task as it is now, to be written if the stored row is still in `source` (compare-and-set)."""

    task: Task
    source: TaskState


# Ids of tasks are attempt id × this + number within the attempt: unique, in file order, and known
# before the row is written, without asking the database.
TASK_IDS_PER_ATTEMPT = 1_000_000


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """The root is done. `tasks` is the whole tree, for the archive."""

    attempt_id: int
    success: bool
    finished_at: datetime
    tasks: tuple[Task, ...] = ()


@dataclass(slots=True)
class Step:
    """All that one round decided for one attempt; the store writes it in one transaction."""

    attempt_id: int
    inserted: list[Task] = field(default_factory=list)
    updated: dict[int, TaskUpdate] = field(default_factory=dict)
    enqueued: dict[int, Task] = field(default_factory=dict)  # moved to RUNNING: a queue row each
    dequeued: list[int] = field(default_factory=list)  # task ids whose run ended
    sla_seen: bool = False  # the deadline has passed, and what follows from it is decided
    end: AttemptEnd | None = None

    def __bool__(self) -> bool:
        return bool(
            self.inserted
            or self.updated
            or self.enqueued
            or self.dequeued
            or self.sla_seen
            or self.end
        )


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One execution of an operator task, as the executor gets it: values only, nothing evaluated.

    `params` is everything visible, merged in order, built-ins included (language.md §10, items 1-6);
    stored values in it are marked `engine.params.Literal` and are never evaluated.
    """

    task_id: int
    attempt_id: int
    session_id: int
    project_id: int
    project_name: str
    workflow_name: str
    revision_name: str
    archive_sha256: str
    full_name: str
    timezone: str
    session_time: datetime
    session_uuid: str
    retry_attempt_name: str | None
    attempt_created_at: datetime
    params: Params
    local: Params
    state: Params
    retry_count: int
    started_at: datetime | None
    cancel_requested: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    id: int
    project_id: int
    workflow_name: str
    definition_id: int
    next_run_time: datetime
    next_schedule_time: datetime
    last_session_time: datetime | None
    skipped_until: datetime | None  # run time; see decisions.md, "Schedules and deploys"
    disabled_at: datetime | None
    disabled_reason: str | None  # "project" when digbot.yml says `schedules: false`
    hidden_at: datetime | None  # the workflow or its schedule is gone from the current revision
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Trigger:
    """`trigger: attempt>` of a workflow of a current revision."""

    project_id: int
    workflow_name: str
    upstream_project: str
    upstream_workflow: str


@dataclass(frozen=True, slots=True)
class TriggerFiring:
    id: int
    upstream_attempt_id: int
    project_id: int
    workflow_name: str
    state: str  # pending | started | dropped
    attempt_id: int | None
    message: str | None
    next_try_at: datetime | None
    created_at: datetime
