from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.cli.base import WrongUsage
from bot.cli.session_time import instant, local_time, resolve

NOW = datetime(2024, 1, 5, 12, 34, 56, 789, tzinfo=UTC)


class Asked:
    """Stands for the server, which knows the workflow's timezone."""

    def truncate(self, workflow_id: str, session_time: str, mode: str | None = None) -> str:
        return f"{workflow_id} {session_time} {mode}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2024-01-05T12:34:56+00:00"),
        ("hourly", "7 2024-01-05T12:34:56+00:00 hour"),
        ("daily", "7 2024-01-05T12:34:56+00:00 day"),
        ("2024-01-02", "7 2024-01-02T00:00:00 None"),
        ("2024-01-02 03:04:05", "7 2024-01-02T03:04:05 None"),
    ],
)
def test_words_and_times(text, expected):
    assert resolve(Asked(), "7", text, NOW) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["soon", "2024-1-2", "2024-01-02T00:00:00", ""])
def test_what_is_neither(text):
    with pytest.raises(WrongUsage, match="--session must be hourly, daily, now"):
        local_time(text)


def test_instants_have_whole_seconds():
    assert instant(NOW) == "2024-01-05T12:34:56+00:00"
