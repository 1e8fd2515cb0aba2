"""The nouns that know something about themselves."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model import Attempt, AttemptEnd, Step
from engine.states import AttemptStatus
from engine.workflow import Position

MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


def attempt(**changes: Any) -> Attempt:
    values: dict[str, Any] = {
        **dict.fromkeys(
            ("id", "session_id", "project_id", "definition_id", "revision_id", "index"), 1
        ),
        **dict.fromkeys(("deployment_id", "retry_attempt_name", "finished_at")),
        **dict.fromkeys(("cancel_requested", "done", "success"), False),
        **dict.fromkeys(("session_time", "created_at"), MOMENT),
        "workflow_name": "w",
        "session_uuid": "u",
        "timezone": "UTC",
        "params": {},
    }
    return Attempt(**values | changes)


def test_an_attempt_knows_its_status():
    assert attempt().status is AttemptStatus.RUNNING
    assert attempt(done=True, success=True).status is AttemptStatus.SUCCESS
    assert attempt(done=True, cancel_requested=True).status is AttemptStatus.KILLED


def test_a_step_is_true_when_there_is_something_to_write():
    end = AttemptEnd(attempt_id=1, success=True, finished_at=MOMENT)

    assert not Step(attempt_id=1)
    assert Step(attempt_id=1, dequeued=[5])
    assert Step(attempt_id=1, end=end)


def test_nouns_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Position("a.dig", 1, 1).line = 2  # type: ignore[misc]
