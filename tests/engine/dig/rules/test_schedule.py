"""rules/schedule.py: mistakes where they stand, and crontabs that read differently."""

from typing import Any

import pytest

from engine.dig.rules.schedule import check, check_crontab


@pytest.mark.parametrize(
    "schedule",
    [
        {"daily>": "07:00:00"},
        {"hourly>": "30:00", "skip_on_overtime": True},
        {"cron>": "*/5 * * * *", "delay": 10, "timezone": "Asia/Tokyo"},
    ],
)
def test_right_ones(schedule: dict[str, Any]) -> None:
    assert list(check(schedule, "UTC")) == []


@pytest.mark.parametrize(
    ("schedule", "path"),
    [
        ({"start": "2024-01-01"}, ("schedule",)),
        ("daily", ("schedule",)),
        (None, ("schedule",)),
        ({"yearly>": 1}, ("schedule", "yearly>")),
        ({"daily>": "7:00"}, ("schedule", "daily>")),
        ({"daily>": "07:00:00", "ned": "2024-01-01"}, ("schedule", "ned")),
        ({"daily>": "07:00:00", "end": "2024-02-30"}, ("schedule", "end")),
        ({"cron>": "0 0 31 2 *"}, ("schedule", "cron>")),
    ],
)
def test_a_mistake_is_told_at_its_key(schedule: Any, path: tuple[str, ...]) -> None:
    (finding,) = check(schedule, "UTC")
    assert (finding.path, finding.rule, finding.severity) == (path, "schedule", "error")


def test_every_unknown_key_is_told() -> None:
    schedule = {"daily>": "07:00:00", "skip_on_over_time": True, "zzz": 1}
    found = list(check(schedule, "UTC"))
    assert [finding.path[1] for finding in found] == ["skip_on_over_time", "zzz"]


@pytest.mark.parametrize("pattern", ["0 0 13 * 5", "5/15 * * * *", "0 0 * * 0-7", "0 9 1-7 * Mon"])
def test_a_crontab_that_fires_at_other_times(pattern: str) -> None:
    (finding,) = check_crontab({"cron>": pattern})
    assert (finding.rule, finding.severity) == ("crontab", "warning")
    assert finding.path == ("schedule", "cron>")
    assert f"A crontab reads '{pattern}' differently" in finding.message


@pytest.mark.parametrize(
    "pattern",
    [
        "0 0 * * *",
        "*/10 9-17 * * 1-5",
        "30 2 1,15 * *",
        "0 0 * jan mon",
        "0 0 * * *|30 1 * * *",
        "50-10 * * * *",
    ],
)
def test_a_crontab_that_reads_alike_or_not_at_all(pattern: str) -> None:
    assert list(check_crontab({"cron>": pattern})) == []


def test_other_schedules_are_no_crontabs() -> None:
    assert list(check_crontab({"daily>": "07:00:00"})) == []
