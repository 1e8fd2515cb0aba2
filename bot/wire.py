"""Values <-> Digdag's JSON (rest-api.md §1 and §4), shared by the API and the client.

Every function returns plain mappings with exactly the fields of rest-api.md §4: tdworkflow refuses
nested objects that have one field more (§17.1), so what is ours stands in objects of its own
(`provenance` and the other functions at the end), which only our own routes send.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigError
from engine.params import session_time_text
from engine.zones import zone

if TYPE_CHECKING:
    from bot.store import Repository
    from engine.files.logs import LogFile
    from engine.files.tail import Piece
    from engine.model import (
        Attempt,
        Definition,
        Deployment,
        Project,
        Revision,
        Schedule,
        Session,
        Task,
        TriggerFiring,
    )

Json = dict[str, Any]

# Every time zone, and the schedule times next to a session, must have room beside a time.
FIRST_YEAR, LAST_YEAR = 2, 9998

ARCHIVE_TYPE = "db"  # clients know db, s3, gcs and none; ours are beside the database


# -- text ---------------------------------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """JSON as bytes. Keys keep their order; numbers that JSON lacks become text, as Jackson does."""
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)
    return text.encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


# -- time ---------------------------------------------------------------------------------------


def point(moment: datetime) -> str:
    """A point in time: UTC, whole seconds, fractions cut off."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def optional_point(moment: datetime | None) -> str | None:
    return None if moment is None else point(moment)


def with_offset(moment: datetime, timezone: str) -> str:
    """A time with the offset that the workflow's timezone has then; UTC as `+00:00`."""
    return session_time_text(moment, timezone)


def parse_instant(text: object, field: str) -> datetime:
    """An ISO 8601 time with an offset or `Z`. Raises `ConfigError` for anything else."""
    moment = _parse(text, field)
    if moment.tzinfo is None:
        raise ConfigError(
            f"Invalid timestamp format: {text} ({field} needs an offset, "
            f"such as {moment.isoformat(timespec='seconds')}+00:00)"
        )
    return moment.astimezone(UTC)


def parse_local_or_instant(text: object, timezone: str, field: str) -> datetime:
    """As `parse_instant`; a time without an offset is read in `timezone`."""
    moment = _parse(text, field)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return moment.replace(tzinfo=zone(timezone)).astimezone(UTC)


def _parse(text: object, field: str) -> datetime:
    example = "2024-01-05T07:00:00+00:00"
    if not isinstance(text, str):
        raise ConfigError(
            f"Invalid timestamp format: {json.dumps(text)} ({field} is text: {example})"
        )
    try:
        if "T" not in text:
            raise ValueError
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"Invalid timestamp format: {text} ({field} expects an ISO 8601 time such as {example})"
        ) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ConfigError(
            f"Invalid timestamp format: {text} ({field} must lie in the years {FIRST_YEAR} to "
            f"{LAST_YEAR})"
        )
    return moment


# -- Digdag's objects ---------------------------------------------------------------------------


def id_and_name(number: int, name: str) -> Json:
    return {"id": str(number), "name": name}


def project(value: Project, current: Revision | None) -> Json:
    """`current` is the revision in effect; "newest" everywhere in rest-api.md (decisions.md)."""
    return {
        "id": str(value.id),
        "name": value.name,
        "revision": current.name if current else None,
        "createdAt": point(value.created_at),
        "updatedAt": point(current.created_at if current else value.created_at),
        "deletedAt": optional_point(value.deleted_at),
        "archiveType": ARCHIVE_TYPE if current else "none",
        "archiveMd5": current.archive_md5 if current else None,
    }


def revision(value: Revision) -> Json:
    return {
        "revision": value.name,
        "createdAt": point(value.created_at),
        "archiveType": ARCHIVE_TYPE,
        "archiveMd5": value.archive_md5,
        "userInfo": value.user_info,
    }


def workflow(value: Definition, project_name: str, revision_name: str) -> Json:
    return {
        "id": str(value.id),
        "name": value.name,
        "project": id_and_name(value.project_id, project_name),
        "revision": revision_name,
        "timezone": value.timezone,
        "config": value.config,
    }


def truncated_session_time(
    value: Definition, project_name: str, revision_name: str, session_time: datetime
) -> Json:
    return {
        "project": id_and_name(value.project_id, project_name),
        "revision": revision_name,
        "sessionTime": with_offset(session_time, value.timezone),
        "timezone": value.timezone,
    }


def schedule(value: Schedule, project_name: str, timezone: str) -> Json:
    return {
        "id": str(value.id),
        "project": id_and_name(value.project_id, project_name),
        "workflow": id_and_name(value.definition_id, value.workflow_name),
        "nextRunTime": point(value.next_run_time),
        "nextScheduleTime": with_offset(value.next_schedule_time, timezone),
        "disabledAt": optional_point(value.disabled_at),
    }


def schedule_summary(value: Schedule, project_name: str, timezone: str) -> Json:
    """What enable, disable and skip answer: a schedule with the times of its row."""
    shown = schedule(value, project_name, timezone)
    disabled_at = shown.pop("disabledAt")
    return {
        **shown,
        "createdAt": point(value.created_at),
        "updatedAt": point(value.updated_at),
        "disabledAt": disabled_at,
    }


def session(value: Session, last: Attempt, project_name: str) -> Json:
    return {
        "id": str(value.id),
        "project": id_and_name(value.project_id, project_name),
        "workflow": {"name": value.workflow_name, "id": str(last.definition_id)},
        "sessionUuid": value.uuid,
        "sessionTime": with_offset(value.session_time, last.timezone),
        "lastAttempt": {
            "id": str(last.id),
            "retryAttemptName": last.retry_attempt_name,
            "done": last.done,
            "success": last.success,
            "cancelRequested": last.cancel_requested,
            "params": last.params,
            "createdAt": point(last.created_at),
            "finishedAt": optional_point(last.finished_at),
        },
    }


def attempt(value: Attempt, project_name: str) -> Json:
    return {
        "id": str(value.id),
        "index": value.index,
        "project": id_and_name(value.project_id, project_name),
        "workflow": {"name": value.workflow_name, "id": str(value.definition_id)},
        "sessionId": str(value.session_id),
        "sessionUuid": value.session_uuid,
        "sessionTime": with_offset(value.session_time, value.timezone),
        "retryAttemptName": value.retry_attempt_name,
        "done": value.done,
        "success": value.success,
        "cancelRequested": value.cancel_requested,
        "params": value.params,
        "createdAt": point(value.created_at),
        "finishedAt": optional_point(value.finished_at),
        "status": value.status.value,
    }


def task(value: Task) -> Json:
    from engine.params import merge
    from engine.states import TaskFlag

    config = {**value.local, "_export": value.export} if value.export else value.local
    return {
        "id": str(value.id),
        "fullName": value.full_name,
        "parentId": None if value.parent_id is None else str(value.parent_id),
        "config": config,
        "upstreams": [str(upstream) for upstream in value.upstreams],
        "isGroup": value.is_group,
        "state": value.state.label,
        "cancelRequested": bool(value.flags & TaskFlag.CANCEL_REQUESTED),
        "exportParams": merge(value.export, value.export_params),
        "storeParams": value.store_params,
        "stateParams": value.state_params,
        "updatedAt": optional_point(value.updated_at),
        "retryAt": optional_point(value.retry_at),
        "startedAt": optional_point(value.started_at),
        "error": value.error,
    }


def log_file(value: LogFile) -> Json:
    return {
        "fileName": value.name,
        "fileSize": value.size,
        "taskName": value.task_name,
        "fileTime": point(value.time),
        "agentId": value.agent,
        "direct": None,  # a URL of the storage; logs lie on this server's own disk
    }


def secret(key: str, project_id: int, project_name: str) -> Json:
    return {"key": key, "project": id_and_name(project_id, project_name)}


def collection(name: str, items: Iterable[Json]) -> Json:
    """Lists are objects with one list."""
    return {name: list(items)}


# -- ours: sent by the routes under /api/digbot/ only ---------------------------------------------


def revision_label(value: Revision) -> Json:
    """`number` is the serial number: people see `r3`."""
    return {"number": value.number, "name": value.name}


def deployment(value: Deployment) -> Json:
    """What made a revision current; commit and the rest are null for an upload."""
    return {
        "id": str(value.id),
        "action": value.action,
        "commit": value.commit,
        "ref": value.ref,
        "tag": value.tag,
        "author": value.author,
        "subject": value.subject,
        "committedAt": optional_point(value.committed_at),
        "requestedBy": value.requested_by,
        "createdAt": point(value.created_at),
    }


def attempt_link(value: Attempt, project_name: str) -> Json:
    """An attempt as another one of its chain names it."""
    return {
        "id": str(value.id),
        "project": project_name,
        "workflow": value.workflow_name,
        "status": value.status.value,
    }


def firing(value: TriggerFiring, project_name: str) -> Json:
    """A trigger that has started no attempt: `state` is `pending` or `dropped`, `message` why."""
    return {
        "project": project_name,
        "workflow": value.workflow_name,
        "state": value.state,
        "message": value.message,
    }


def provenance(
    shown: Mapping[str, Any],
    made_from: Revision | None,
    deployed_by: Deployment | None,
    *,
    triggered_by: Json | None,
    triggered: Iterable[Json],
    not_started: Iterable[Json] = (),
) -> Json:
    """An attempt, and where it came from: revision, deployment, and its neighbours in the chain."""
    return {
        "attempt": dict(shown),
        "revision": revision_label(made_from) if made_from else None,
        "deployment": deployment(deployed_by) if deployed_by else None,
        "triggeredBy": triggered_by,
        "triggered": list(triggered),
        "notStarted": list(not_started),
    }


def log_pieces(pieces: Iterable[Piece], cursor: str, *, done: bool) -> Json:
    """New text of logs. `offset` and `size` count bytes of the file's plain text."""
    return {
        "cursor": cursor,
        "done": done,
        "pieces": [
            {
                "fileName": piece.name,
                "taskName": piece.task_name,
                "offset": piece.offset,
                "size": piece.size,
                "text": piece.text,
            }
            for piece in pieces
        ],
    }


def repository(value: Repository, projects: Iterable[str], refused: Iterable[str]) -> Json:
    """`url` is null for one that this server hosts; `error` is that of the last fetch, `refused`
    are projects whose newest change has problems, so that an older one runs."""
    return {
        "name": value.name,
        "url": value.url,
        "projects": list(projects),
        "refused": list(refused),
        "pollSeconds": value.poll_seconds,
        "polledAt": optional_point(value.polled_at),
        "nextPollAt": optional_point(value.next_poll_at),
        "error": value.error,
        "createdAt": point(value.created_at),
    }
