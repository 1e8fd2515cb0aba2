from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.schedule.api import EARLIEST, FINISHED, NEVER, ScheduleError, before, delayed, seconds

DAY = timedelta(days=1)


def test_what_leaves_the_calendar_is_finished():
    assert delayed(NEVER - DAY, DAY) is FINISHED
    assert delayed(NEVER, -DAY) is FINISHED
    assert not delayed(NEVER - DAY, timedelta()).finished
    assert FINISHED.finished


def test_a_delay_is_at_most_a_century():
    assert seconds(-60) == timedelta(minutes=-1)
    with pytest.raises(ScheduleError):
        seconds(10**11)


def test_before_stops_where_the_calendar_begins():
    assert before(datetime(2024, 1, 2, tzinfo=UTC), DAY) == datetime(2024, 1, 1, tzinfo=UTC)
    assert before(datetime(1, 1, 1, tzinfo=UTC), DAY) == EARLIEST
