from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.cli.base import WrongUsage
from bot.cli.local_session import choose

NOW = datetime(2024, 1, 5, 12, 34, 56, tzinfo=UTC)


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warn(self, message: str) -> None:
        self.lines.append(message)


def workflow(**config: object) -> SimpleNamespace:
    return SimpleNamespace(name="main", timezone="Asia/Tokyo", config=config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hourly", "2024-01-05T12:00:00+00:00"),
        ("daily", "2024-01-04T15:00:00+00:00"),
        ("2024-02-03", "2024-02-02T15:00:00+00:00"),
        ("2024-02-03 04:05:06", "2024-02-02T19:05:06+00:00"),
    ],
)
def test_in_the_workflows_zone(tmp_path, text, expected):
    assert choose(text, workflow(), tmp_path, Said(), NOW).isoformat() == expected


def test_last_without_anything_is_today(tmp_path):
    said = Said()

    found = choose("last", workflow(), tmp_path, said, NOW)

    assert found.isoformat() == "2024-01-04T15:00:00+00:00"
    assert said.lines == ["Using a new session time 2024-01-05T00:00:00+09:00."]


def test_last_with_a_schedule(tmp_path):
    said = Said()
    scheduled = workflow(schedule={"hourly>": "00:00"})

    found = choose("last", scheduled, tmp_path, said, NOW)

    assert found == choose("schedule", scheduled, tmp_path, said, NOW)
    assert found.isoformat() == "2024-01-05T12:00:00+00:00"
    assert said.lines == ["Using a new session time 2024-01-05T21:00:00+09:00 based on schedule."]


def test_last_with_a_state(tmp_path):
    folder = tmp_path / "20240101T000000+0900"
    folder.mkdir()
    (folder / "+main+a.yml").write_text("{}")
    said = Said()

    found = choose("last", workflow(), tmp_path, said, NOW)

    assert found.isoformat() == "2023-12-31T15:00:00+00:00"
    assert said.lines == ["Reusing the last session time 2024-01-01T00:00:00+09:00."]


@pytest.mark.parametrize("text", ["now", "", "2024-13-01", "2024-01-01T00:00:00", "20240101"])
def test_what_is_no_time(tmp_path, text):
    with pytest.raises(WrongUsage, match="--session must be hourly"):
        choose(text, workflow(), tmp_path, Said(), NOW)
