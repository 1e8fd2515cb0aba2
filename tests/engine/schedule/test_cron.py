"""cron> as cron4j reads it (schedules.md §4-6), beyond the recorded vectors."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.schedule.base import NEVER, ScheduleError, build
from engine.schedule.cron import parse


def nexts(pattern: str, after: str, count: int = 1, zone: str = "UTC") -> list[str]:
    scheduler = build({"cron>": pattern}, zone)
    found, at = [], datetime.fromisoformat(after)
    for _ in range(count):
        at = scheduler.next(at).time
        found.append(at.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "field", "wanted"),
    [
        ("50-10 * * * *", "minutes", {*range(50, 60), *range(11)}),
        ("10-50/20 * * * *", "minutes", {10, 30, 50}),
        ("5/15 * * * *", "minutes", {5}),
        ("-5 * * * *", "minutes", {5}),
        ("5- * * * *", "minutes", {5}),
        ("5/ * * * *", "minutes", {5}),
        ("/5 * * * *", "minutes", {5}),
        ("+5,05 * * * *", "minutes", {5}),
        ("7-7 * * * *", "minutes", {7}),
        ("* * */2 * *", "days", set(range(1, 32, 2))),
        ("* * * nov-FEB *", "months", {11, 12, 1, 2}),
        ("* * * * */3", "weekdays", {0, 3, 6}),
        ("* * * * 7", "weekdays", {0}),
        ("* * * * 0-7", "weekdays", {0}),
        ("* * * * 1-7", "weekdays", {1, 2, 3, 4, 5, 6, 7, 0}),
        ("* * * * 5-7", "weekdays", {5, 6, 7, 0}),
        ("* * * * sun,,mon", "weekdays", {0, 1}),
    ],
)
def test_fields(text, field, wanted):
    assert getattr(parse(text)[0], field) == wanted


@pytest.mark.parametrize(
    "text",
    ["", " ", "|", "* * * *", "* * * * * *", ", * * * *", "1-2-3 * * * *", "1/2/3 * * * *",
     "*/0 * * * *", "*/x * * * *", "- * * * *", "? * * * *", "* * 15W * *", "* * * * 1#2",
     "* * * * monday", "* * * january *", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *",
     "* * 32 * *", "* * * 13 *", "* * * * 8", "1.5 * * * *", "١ * * * *", "* * * * *|x",
     "9999999999999 * * * *"],
)  # fmt: skip
def test_errors_name_the_pattern(text):
    with pytest.raises(ScheduleError) as caught:
        parse(text)
    assert f"Invalid cron pattern {text!r}: " in str(caught.value)


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"])
def test_a_pattern_that_no_day_matches_is_refused_at_once(text):
    began = time.perf_counter()
    with pytest.raises(ScheduleError, match="no day matches"):
        build({"cron>": text}, "UTC")
    assert time.perf_counter() - began < 0.5


def test_a_possible_pattern_beside_an_impossible_one_is_fine():
    assert nexts("0 0 31 2 *|0 5 * * *", "2024-01-01T00:00:00Z") == ["2024-01-01 05:00"]


def test_a_leap_day_on_a_weekday_is_found_decades_away():
    assert nexts("0 0 29 2 1", "2024-03-01T00:00:00Z", 2) == [
        "2044-02-29 00:00",
        "2072-02-29 00:00",
    ]


def test_day_of_month_and_day_of_week_must_both_match():
    assert nexts("0 0 13 * 5", "2024-01-01T00:00:00Z", 2) == [
        "2024-09-13 00:00",
        "2024-12-13 00:00",
    ]


def test_the_last_day_of_each_month():
    assert nexts("0 0 L * *", "2024-01-15T00:00:00Z", 3) == [
        "2024-01-31 00:00",
        "2024-02-29 00:00",
        "2024-03-31 00:00",
    ]


def test_patterns_joined_by_a_bar():
    assert nexts("0 5 * * *|8 10 * * *", "2024-01-01T00:00:00Z", 3) == [
        "2024-01-01 05:00",
        "2024-01-01 10:08",
        "2024-01-02 05:00",
    ]


def test_a_day_that_the_zone_left_out():
    """schedules.md §6: Samoa has no 2011-12-30."""
    assert nexts("0 0 * * *", "2011-12-29T11:00:00Z", 2, "Pacific/Apia") == [
        "2011-12-30 10:00",
        "2011-12-31 10:00",
    ]


def test_the_end_of_the_calendar():
    scheduler = build({"cron>": "0 0 * * *"}, "Asia/Tokyo")

    assert scheduler.next(NEVER).finished
    assert scheduler.next(NEVER - timedelta(hours=30)).time <= NEVER
    assert scheduler.first(datetime(1, 1, 1, tzinfo=UTC)).time.year == 1
    assert scheduler.last(datetime(1, 1, 1, tzinfo=UTC)).time.year == 1
    assert scheduler.last(NEVER).time >= NEVER - timedelta(days=3)


def test_the_last_of_every_minute_of_one_month_is_found_quickly():
    scheduler = build({"cron>": "* * * 1 *"}, "UTC")
    began = time.perf_counter()

    last = scheduler.last(datetime(2024, 1, 31, 23, 58, tzinfo=UTC))

    assert last.time == datetime(2024, 1, 31, 23, 57, tzinfo=UTC)
    assert time.perf_counter() - began < 1


@given(
    st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 0 1,15 * *", "15 3 * * 1-5", "0 12 L * *"]),
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Tokyo", "Australia/Lord_Howe", "+05:30"]),
)
def test_next_is_later_matches_and_leaves_none_out(pattern, moment, zone):
    scheduler = build({"cron>": pattern}, zone)
    found = scheduler.next(moment)

    assert found.time > moment
    assert found.run_time == found.time
    assert scheduler.first(found.time) == found
    earlier = scheduler.next(moment - timedelta(hours=1)).time
    assert earlier <= found.time


@given(st.text(alphabet="0159*/-,L|? amonju", max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        patterns = parse(text)
    except ScheduleError as error:
        assert str(error)  # noqa: PT017
    else:
        assert patterns
