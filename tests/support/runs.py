"""Executions of tasks as the executor gets them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.model import TaskRun

_RUN = TaskRun(
    task_id=4_000_001,
    attempt_id=4,
    session_id=3,
    project_id=1,
    project_name="etl",
    workflow_name="main",
    revision_name="r",
    archive_sha256="",
    full_name="+main+a",
    timezone="UTC",
    session_time=datetime(2024, 2, 29, 15, tzinfo=UTC),
    session_uuid="u",
    retry_attempt_name=None,
    attempt_created_at=datetime(2024, 3, 1, tzinfo=UTC),
    params={},
    local={},
    state={},
    retry_count=0,
    started_at=None,
    cancel_requested=False,
)


def task_run(**values: Any) -> TaskRun:
    return replace(_RUN, **values)
