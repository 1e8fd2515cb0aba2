from __future__ import annotations

from datetime import UTC, datetime

from engine.schedule.neighbours import neighbour_times


def test_the_neighbours_of_a_session_time():
    """language.md §14, L-44"""
    times = neighbour_times(
        {"schedule": {"daily>": "03:00:00"}}, "Asia/Tokyo", datetime(2024, 2, 28, 15, tzinfo=UTC)
    )

    assert times == {
        "last_session_time": "2024-02-28T00:00:00+09:00",
        "next_session_time": "2024-03-01T00:00:00+09:00",
    }


def test_no_schedule_no_neighbours():
    assert neighbour_times({"+a": {}}, "UTC", datetime(2024, 1, 1, tzinfo=UTC)) == {}


def test_after_the_end_the_next_one_is_never():
    times = neighbour_times(
        {"schedule": {"daily>": "00:00:00", "end": "2020-01-01"}},
        "UTC",
        datetime(2024, 1, 1, tzinfo=UTC),
    )

    assert times["next_session_time"] == "9999-01-01T00:00:00+00:00"
