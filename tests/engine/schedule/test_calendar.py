"""daily> and its kin, beyond the recorded vectors: texts, delays, keys (schedules.md §2-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.schedule.base import ScheduleError, build

NOW = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "delay"),
    [
        ({"daily>": "07:00:00"}, timedelta(hours=7)),
        ({"daily>": "7:5:9"}, timedelta(hours=7, minutes=5, seconds=9)),
        ({"daily>": "25:00:00"}, timedelta(hours=25)),
        ({"daily>": "-1:00:00"}, timedelta(hours=-1)),
        ({"daily>": "00:90:00"}, timedelta(minutes=90)),
        ({"daily>": "10:00:00:"}, timedelta(hours=10)),
        ({"daily>": None, "at": "07:00:00"}, timedelta(hours=7)),
        ({"_type": "daily", "_command": "07:00:00"}, timedelta(hours=7)),
        ({"_type": "daily", "at": "07:00:00"}, timedelta(hours=7)),
        ({"hourly>": "90:00"}, timedelta(minutes=90)),
        ({"weekly>": " Mon , 09:00:00 "}, timedelta(hours=9)),
        ({"monthly>": "1,09:00:00"}, timedelta(hours=9)),
        ({"cron>": "0 0 * * *", "delay": 30}, timedelta(seconds=30)),
        ({"minutes_interval>": "30", "delay": "5"}, timedelta(seconds=5)),
        ({"seconds_interval>": 10, "delay": 3}, timedelta(seconds=3)),
    ],
)
def test_delays(schedule, delay):
    assert build(schedule, "UTC").delay == delay


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ({"daily>": "10:00:"}, "daily> scheduler requires hh:mm:ss format: 10:00:"),
        ({"daily>": ":"}, "daily> scheduler requires hh:mm:ss format: :"),
        ({"daily>": 7}, "daily> scheduler requires hh:mm:ss format: 7"),
        ({"daily>": None}, "Parameter '_command' is required but null"),
        ({"daily>": ["07:00:00"]}, "Expected string type for key '_command'"),
        ({"hourly>": "1:2:3"}, "hourly>: scheduler requires mm:ss format: 1:2:3"),
        ({"weekly>": "Mon,Wed,09:00:00"}, "weekly> scheduler requires hh:mm:ss format: Wed,09:00:00"),
        ({"weekly>": "Mon 1,09:00:00"}, "weekly>: scheduler requires day,hh:mm:ss format"),
        ({"monthly>": "L,09:00:00"}, "monthly>: scheduler requires day,hh:mm:ss format: L,09:00:00"),
        ({"monthly>": "0,09:00:00"}, "Invalid cron pattern '0 0 0 * *'"),
        ({"minutes_interval>": "abc"}, "Expected integer (int) type for key '_command'"),
        ({"seconds_interval>": 0}, "seconds_interval> must be 1 or more: 0"),
        ({"seconds_interval>": 10**12}, "more than a century"),
        ({"daily>": "99999999999:00:00"}, "more than a century"),
        ({"dayly>": "07:00:00"}, "Unknown scheduler type: dayly > Did you mean '[daily>]'?"),
        ({"daily>": "07:00:00", "delay": 5}, "Parameter 'delay' is not used at schedule."),
        ({"cron>": "0 0 * * *", "at": "x"}, "Parameter 'at' is not used at schedule."),
        ({"daily>": "07:00:00", "_command": "x"}, "Parameter '_command' is not used at schedule."),
        ({"daily>": "07:00:00", "skip_on_overtime": "maybe"}, "Expected 'true' or 'false'"),
        ({"daily>": "07:00:00", "skip_delayed_by": "soon"}, "Expected a duration"),
        ({"daily>": "07:00:00", "timezone": "Mars/Base"}, "Unknown time zone: 'Mars/Base'"),
        ({"daily>": "07:00:00", "start": "2024-02-30"}, "Invalid start: 2024-02-30 ("),
        ({"daily>": "07:00:00", "start": "20240201"}, "Invalid start: 20240201 ("),
        ({"daily>": "07:00:00", "end": "9999-12-31"}, "Invalid end: 9999-12-31 ("),
        ({}, "Schedule config requires 'type>: at' parameter: {}"),
        ([], "schedule: must be a map"),
        (None, "schedule: must be a map"),
        ("daily", "schedule: must be a map"),
    ],
)  # fmt: skip
def test_errors(schedule, message):
    with pytest.raises(ScheduleError) as caught:
        build(schedule, "UTC")
    assert message in str(caught.value)


def test_every_unused_key_is_named():
    with pytest.raises(ScheduleError) as caught:
        build({"daily>": "07:00:00", "strt": 1, "wrong>": 2}, "UTC")
    assert [line.split(" is ")[0] for line in str(caught.value).splitlines()] == [
        "Parameter 'strt'",
        "Parameter 'wrong>'",
    ]


def test_the_schedule_may_have_a_zone_of_its_own():
    assert build({"daily>": "00:00:00", "timezone": "Asia/Tokyo"}, "UTC").first(
        NOW
    ).time == datetime(2024, 1, 1, 15, tzinfo=UTC)


def test_a_long_minutes_interval_is_hourly():
    assert build({"minutes_interval>": 90}, "UTC").next(NOW).time == NOW + timedelta(hours=1)


def test_a_weekly_range_of_days():
    scheduler = build({"weekly>": "Mon-Fri,09:00:00"}, "UTC")

    assert scheduler.next(datetime(2024, 1, 5, tzinfo=UTC)).time == datetime(2024, 1, 8, tzinfo=UTC)


def test_seconds_ignore_start_and_end():
    scheduler = build({"seconds_interval>": 10, "start": "2030-01-01", "end": "2030-01-02"}, "UTC")

    assert scheduler.first(NOW).time == NOW
    assert scheduler.next(NOW).time == NOW + timedelta(seconds=10)
    assert scheduler.last(NOW).time == NOW - timedelta(seconds=10)


def test_a_shared_option_is_read():
    options = build(
        {"daily>": "07:00:00", "skip_on_overtime": True, "skip_delayed_by": "1h"}, "UTC"
    ).options

    assert options.skip_on_overtime
    assert options.skip_delayed_by == timedelta(hours=1)
