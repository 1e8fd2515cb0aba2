"""Every table of the engine. Names are the glossary's; moments are microseconds (`types.UtcTime`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.store.types import Id, Json, Name, UtcTime

# Fixed names, so that a migration can speak of any constraint on either database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable)


def _need(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that are looked for, however many others there are."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


# Ids are shown to users, so they are never used twice.
_NO_REUSE: Any = {"sqlite_autoincrement": True}

projects = Table(
    "projects",
    metadata,
    _key(),
    _need("name", Name),
    _need("created_at", UtcTime),
    Column("deleted_at", UtcTime),
    Column("current_revision_id", BigInteger),  # no foreign key: revisions point here already
    Column("repository_id", BigInteger),  # a row of the bot's, which the engine does not know
    _partial("uq_projects_living_name", "name", where="deleted_at IS NULL", unique=True),
    Index("ix_projects_repository_id", "repository_id"),
    **_NO_REUSE,
)

revisions = Table(
    "revisions",
    metadata,
    _key(),
    _ref("project_id", "projects.id"),
    _need("number", Integer),
    _need("name", Name),
    _need("content_hash", Text),
    _need("archive_sha256", Text),
    _need("archive_md5", Text),
    _need("archive_size", BigInteger),
    _need("user_info", Json),
    _need("created_at", UtcTime),
    UniqueConstraint("project_id", "number"),
    UniqueConstraint("project_id", "name"),
    Index("ix_revisions_project_id_content_hash", "project_id", "content_hash"),
    **_NO_REUSE,
)

deployments = Table(
    "deployments",
    metadata,
    _key(),
    _ref("project_id", "projects.id"),
    _ref("revision_id", "revisions.id"),
    _need("action", Text),
    Column("repository_id", BigInteger),
    Column("commit", Text),
    Column("ref", Name),
    Column("tag", Name),
    Column("author", Json),  # free text from git, which may hold anything
    Column("subject", Json),
    Column("committed_at", UtcTime),
    _need("requested_by", Text),
    _need("created_at", UtcTime),
    Index("ix_deployments_project_id_id", "project_id", "id"),
    Index("ix_deployments_revision_id_id", "revision_id", "id"),
    **_NO_REUSE,
)

# Text of workflows by its hash: most workflows stay as they are from revision to revision.
definition_configs = Table(
    "definition_configs",
    metadata,
    Column("hash", Text, primary_key=True),
    _need("config", Json),
)

definitions = Table(
    "definitions",
    metadata,
    _key(),
    _ref("project_id", "projects.id"),
    _ref("revision_id", "revisions.id"),
    _need("name", Name),
    _need("timezone", Text),
    Column("config_hash", Text, ForeignKey("definition_configs.hash"), nullable=False),
    UniqueConstraint("revision_id", "name"),
    **_NO_REUSE,
)

sessions = Table(
    "sessions",
    metadata,
    _key(),
    _ref("project_id", "projects.id"),
    _need("workflow_name", Name),
    _need("session_time", UtcTime),
    _need("uuid", Text),
    Column("last_attempt_id", BigInteger),
    UniqueConstraint("project_id", "workflow_name", "session_time"),
    Index("ix_sessions_project_id_id", "project_id", "id"),
    Index("ix_sessions_project_id_workflow_name_id", "project_id", "workflow_name", "id"),
    **_NO_REUSE,
)

attempts = Table(
    "attempts",
    metadata,
    _key(),
    _ref("session_id", "sessions.id"),
    _ref("project_id", "projects.id"),  # as the session's; here for the lists
    _need("workflow_name", Name),  # likewise
    _ref("definition_id", "definitions.id"),
    _ref("revision_id", "revisions.id"),
    _ref("deployment_id", "deployments.id", nullable=True),
    _need("index", Integer),
    _need("is_last", Boolean),  # the session's last_attempt_id points here; for the lists
    _need("retry_attempt_name", Name),  # "" for the unnamed attempt, so that it is unique too
    _need("timezone", Text),
    _need("params", Json),
    _need("flags", SmallInteger),  # sessions.AttemptFlag
    _need("run_time", UtcTime),  # what an SLA counts from
    _need("created_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("server_id", BigInteger),  # the owner; no foreign key: servers come and go
    Column("triggered_by", BigInteger),
    Column("resumed_from", BigInteger),
    Column("resume", Json),  # how, for tasks that are generated later
    Column("sla_due_at", UtcTime),  # until its SLA was looked at
    UniqueConstraint("session_id", "retry_attempt_name"),
    Index("ix_attempts_project_id_id", "project_id", "id"),
    Index("ix_attempts_project_id_workflow_name_id", "project_id", "workflow_name", "id"),
    _partial("ix_attempts_unfinished", "project_id", "workflow_name", where="finished_at IS NULL"),
    _partial("ix_attempts_sla_due_at", "sla_due_at", where="sla_due_at IS NOT NULL"),
    _partial("ix_attempts_triggered_by", "triggered_by", where="triggered_by IS NOT NULL"),
    **_NO_REUSE,
)

# Rows of running attempts only. The ids of an attempt are one range (model.TASK_IDS_PER_ATTEMPT),
# so the primary key serves all; further indexes and foreign keys would cost every task.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _need("attempt_id", BigInteger),
    Column("parent_id", BigInteger),
    _need("full_name", Json),
    _need("is_group", Boolean),
    _need("upstreams", Json),
    _need("waits", Json),
    _need("window", Integer),
    _need("local", Json),
    _need("export", Json),
    _need("state", SmallInteger),
    _need("flags", SmallInteger),
    _need("retry_count", Integer),
    _need("state_params", Json),
    _need("export_params", Json),
    _need("store_params", Json),
    _need("reset_params", Json),
    _need("error", Json),
    Column("retry_at", UtcTime),
    Column("started_at", UtcTime),
    _need("updated_at", UtcTime),
    Column("resumed_from", BigInteger),
    postgresql_with={"fillfactor": "60"},  # room for the next state on the same page
)

# All tasks of a finished attempt in one document (tasks.py).
task_archives = Table(
    "task_archives",
    metadata,
    Column("attempt_id", Id, primary_key=True, autoincrement=False),
    _need("tasks", LargeBinary),
)

# One row for each task that is RUNNING: its lease.
queue = Table(
    "queue",
    metadata,
    Column("task_id", Id, primary_key=True, autoincrement=False),
    _need("attempt_id", BigInteger),
    _need("retry_count", Integer),
    Column("server_id", BigInteger),  # null: free
    Column("lease_expires_at", UtcTime),
    _need("created_at", UtcTime),
)

schedules = Table(
    "schedules",
    metadata,
    _key(),
    _ref("project_id", "projects.id"),
    _need("workflow_name", Name),
    _ref("definition_id", "definitions.id"),
    _need("next_run_time", UtcTime),
    _need("next_schedule_time", UtcTime),
    Column("last_session_time", UtcTime),
    Column("skipped_until", UtcTime),
    Column("disabled_at", UtcTime),
    Column("disabled_reason", Text),
    Column("hidden_at", UtcTime),
    _need("created_at", UtcTime),
    _need("updated_at", UtcTime),
    UniqueConstraint("project_id", "workflow_name"),
    _partial(
        "ix_schedules_due", "next_run_time", where="disabled_at IS NULL AND hidden_at IS NULL"
    ),
    **_NO_REUSE,
)

# `trigger: attempt>` of the current revisions.
triggers = Table(
    "triggers",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id"), primary_key=True),
    Column("workflow_name", Name, primary_key=True),
    _need("upstream_project", Name),
    _need("upstream_workflow", Name),
    Index(
        "ix_triggers_upstream_project_upstream_workflow", "upstream_project", "upstream_workflow"
    ),
)

trigger_firings = Table(
    "trigger_firings",
    metadata,
    _key(),
    _ref("upstream_attempt_id", "attempts.id"),
    _ref("project_id", "projects.id"),
    _need("workflow_name", Name),
    _need("state", Text),  # pending | started | dropped
    Column("attempt_id", BigInteger),
    Column("message", Json),
    Column("next_try_at", UtcTime),
    _need("created_at", UtcTime),
    UniqueConstraint("upstream_attempt_id", "project_id", "workflow_name"),
    _partial("ix_trigger_firings_pending", "next_try_at", where="state = 'pending'"),
    **_NO_REUSE,
)

servers = Table(
    "servers",
    metadata,
    _key(),
    _need("name", Text),
    _need("started_at", UtcTime),
    _need("heartbeat_at", UtcTime),
    **_NO_REUSE,
)

secrets = Table(
    "secrets",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id"), primary_key=True),
    Column("scope", Text, primary_key=True),  # project | project-default
    Column("key", Text, primary_key=True),
    _need("engine", Text),  # how `value` is encrypted
    _need("value", Text),
    _need("updated_at", UtcTime),
)
