"""Every vector of shared/vectors/schedules.json that asks a scheduler; the reference's answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.schedule.base import ScheduleError, build

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "schedules.json").read_text())


def vectors(*ops: str) -> list[Any]:
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["op"] in ops]


@pytest.mark.parametrize("vector", vectors("first", "next", "last"))
def test_times(vector: dict[str, Any]) -> None:
    scheduler = build(vector["schedule"], vector["timezone"])
    answer = getattr(scheduler, vector["op"])(datetime.fromisoformat(vector["at"]))
    wanted = vector.get("ours", vector["expected"])
    assert answer.time == datetime.fromisoformat(wanted["schedule_time"])
    assert answer.run_time == datetime.fromisoformat(wanted["run_time"])
    assert answer.time.tzinfo is UTC


@pytest.mark.parametrize("vector", vectors("validate"))
def test_validation(vector: dict[str, Any]) -> None:
    if {**vector["expected"], **vector.get("ours", {})}["valid"]:
        build(vector["schedule"], vector["timezone"])
        return
    with pytest.raises(ScheduleError) as caught:
        build(vector["schedule"], vector["timezone"])
    expected = vector["expected"]
    assert str(caught.value) == expected.get("message", str(caught.value))
    assert expected.get("message_contains", "") in str(caught.value)
