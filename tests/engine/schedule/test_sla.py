"""When the SLA of an attempt is violated: the vectors of schedules.md §15."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConfigError
from engine.schedule.sla import deadline

VECTORS = Path(__file__).parents[2] / "vectors" / "schedules.json"
CASES = [case for case in json.loads(VECTORS.read_text()) if case["op"] == "sla"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vectors(case: dict[str, Any]) -> None:
    base = datetime.fromisoformat(case["run_time"])
    if "error" in case["expected"]:
        with pytest.raises(ConfigError, match="SLA"):
            deadline(case["sla"], case["timezone"], base)
    else:
        expected = datetime.fromisoformat(case["expected"]["fires_at"])
        assert deadline(case["sla"], case["timezone"], base) == expected
