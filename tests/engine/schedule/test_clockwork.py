"""Push, tick, skip, backfill: every recorded vector, and what decisions.md adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConfigError, LimitExceeded
from engine.schedule.base import NEVER, build
from engine.schedule.clockwork import (
    RETRY_AFTER_ERROR,
    Action,
    Clockwork,
    SkipInPast,
    TooFewSessions,
    after_push,
    after_tick,
    backfill_times,
    decide,
    postponed,
    skip_by_count,
    skip_to,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "schedules.json").read_text())
DAILY = build({"daily>": "10:00:00"}, "UTC")
HOURLY = build({"hourly>": "00:00"}, "UTC")


def vectors(*ops: str) -> list[Any]:
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["op"] in ops]


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def row_of(vector: dict[str, Any]) -> Clockwork:
    state = {key: moment(text) for key, text in vector["state"].items()}
    return Clockwork(**({"next_schedule_time": NEVER, "next_run_time": NEVER} | state))


def assert_times(row: Clockwork, expected: dict[str, Any]) -> None:
    assert row.next_schedule_time == moment(expected["next_schedule_time"])
    assert row.next_run_time == moment(expected["next_run_time"])


@pytest.mark.parametrize("vector", vectors("push"))
def test_push(vector):
    row = after_push(
        build(vector["schedule"], vector["timezone"]),
        row_of(vector),
        schedule_from=moment(vector["schedule_from"]),
        clear=vector["clear_schedule"],
    )

    assert_times(row, vector["expected"])
    assert row.last_session_time == moment(vector["expected"]["last_session_time"])


@pytest.mark.parametrize("vector", vectors("tick"))
def test_tick(vector):
    scheduler = build(vector["schedule"], vector["timezone"])
    now, row, expected = moment(vector["now"]), row_of(vector), vector["expected"]
    action = decide(
        scheduler,
        row,
        now=now,
        active_attempts=vector["active_attempts"],
        attempt_limit_reached=vector["attempt_limit_reached"],
    )
    after = after_tick(scheduler, row, action, now=now)

    assert action == expected["action"]
    assert_times(after, expected)
    assert after.last_session_time == moment(expected["last_session_time"])


@pytest.mark.parametrize("vector", vectors("skip_to", "skip_count"))
def test_skip(vector):
    scheduler, row = build(vector["schedule"], vector["timezone"]), row_of(vector)

    def skip() -> Clockwork:
        if vector["op"] == "skip_to":
            run_time = moment(vector.get("next_run_time"))
            return skip_to(scheduler, row, moment(vector["next_time"]), run_time=run_time)
        return skip_by_count(scheduler, row, moment(vector["from_time"]), vector["count"])

    if error := vector["expected"].get("error"):
        with pytest.raises(SkipInPast) as caught:
            skip()
        assert str(caught.value) == error["message"]
    else:
        assert_times(skip(), vector["expected"])


@pytest.mark.parametrize("vector", vectors("backfill"))
def test_backfill(vector):
    scheduler = build(vector["schedule"], vector["timezone"])
    given = (
        moment(vector["state"]["next_schedule_time"]),
        moment(vector["from_time"]),
        vector.get("count"),
    )

    if error := vector["expected"].get("error"):
        with pytest.raises(TooFewSessions) as caught:
            backfill_times(scheduler, *given)
        assert str(caught.value) == error["message"]
    else:
        times = backfill_times(scheduler, *given)
        assert times == [moment(text) for text in vector["expected"]["session_times"]]


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def test_a_new_schedule_begins_at_its_first_run_time():
    assert after_push(DAILY, None, schedule_from=at(5, 9)) == Clockwork(at(5), at(5, 10))


def test_a_push_does_not_bring_back_what_was_skipped():
    row = Clockwork(at(5), at(5, 10), last_session_time=at(4))
    skipped = skip_to(DAILY, row, at(10, 10))

    after = after_push(DAILY, skipped, schedule_from=at(5, 11))

    assert after.due == skipped.due
    assert after.skipped_until == skipped.skipped_until


def test_a_skip_before_any_session_holds_too():
    skipped = skip_by_count(DAILY, Clockwork(at(5), at(5, 10)), at(5), 3)

    assert after_push(DAILY, skipped, schedule_from=at(5)).next_schedule_time == at(8)


def test_a_moved_run_time_moves_one_session_alone():
    skipped = skip_to(DAILY, Clockwork(at(5), at(5, 10)), at(10), run_time=at(20))

    assert (skipped.next_schedule_time, skipped.next_run_time) == (at(10), at(20))
    after = after_tick(DAILY, skipped, Action.STARTED, now=at(20))
    assert after.next_run_time == at(11, 10)
    assert after_push(DAILY, skipped, schedule_from=at(5)).next_schedule_time == at(10)


def test_a_session_skipped_by_the_clock_does_not_come_back():
    scheduler = build({"daily>": "10:00:00", "skip_on_overtime": True}, "UTC")
    row = Clockwork(at(5), at(5, 10), last_session_time=at(4))

    after = after_tick(scheduler, row, Action.SKIPPED, now=at(5, 10))

    assert after.next_schedule_time == at(6)
    assert after_push(scheduler, after, schedule_from=at(5, 12)).next_schedule_time == at(6)
    assert after.last_session_time == at(4)


def test_a_push_that_makes_it_hourly_goes_on_after_the_skipped_session():
    after = after_tick(DAILY, Clockwork(at(5), at(5, 10)), Action.SKIPPED, now=at(5, 10))

    assert after_push(HOURLY, after, schedule_from=at(5)).next_schedule_time == at(5, 11)


def test_what_ran_later_than_the_skip_counts():
    row = Clockwork(at(9), at(9, 10), last_session_time=at(8), skipped_until=at(3))

    assert after_push(DAILY, row, schedule_from=at(2)).next_schedule_time == at(9)


def test_clearing_forgets_sessions_and_skips():
    row = Clockwork(at(9), at(9, 10), last_session_time=at(8), skipped_until=at(20))

    assert after_push(DAILY, row, schedule_from=at(5), clear=True) == Clockwork(at(5), at(5, 10))


def test_a_schedule_that_comes_back_does_not_catch_up_the_gap():
    row = Clockwork(at(5), at(5, 10), last_session_time=at(4))

    after = after_push(DAILY, row, schedule_from=at(20, 11), returned_at=at(20, 11))

    assert after.next_schedule_time == at(21)
    assert after.last_session_time == at(4)


def test_a_finished_schedule_cannot_be_skipped():
    ended = build({"daily>": "10:00:00", "end": "2024-01-05"}, "UTC")

    with pytest.raises(SkipInPast):
        skip_to(ended, Clockwork(NEVER, NEVER), at(20))


def test_a_count_beyond_the_end_finishes_the_schedule():
    ended = build({"daily>": "10:00:00", "end": "2024-01-07"}, "UTC")

    row = skip_by_count(ended, Clockwork(at(5), at(5, 10)), at(5), 100)

    assert row.due.finished


def test_steps_without_end_are_refused():
    row = Clockwork(at(5), at(5, 10))

    with pytest.raises(ConfigError, match="at most"):
        skip_by_count(DAILY, row, at(5), 10**9)
    with pytest.raises(LimitExceeded, match="may start 10000 sessions"):
        backfill_times(HOURLY, at(5), datetime(1, 1, 1, tzinfo=UTC), None)
    with pytest.raises(LimitExceeded):
        backfill_times(HOURLY, at(5), datetime(1, 1, 1, tzinfo=UTC), 10**9)


def test_an_error_is_tried_again_after_an_hour():
    row = Clockwork(at(5), at(5, 10))
    now = at(5, 10) + timedelta(microseconds=5)

    assert postponed(row, now=now, by=RETRY_AFTER_ERROR).next_run_time == at(5, 11)


def test_sessions_are_caught_up_one_by_one():
    row, started = Clockwork(at(5), at(5, 10)), []
    while row.next_run_time <= at(8, 10):
        started.append(row.next_schedule_time)
        row = after_tick(DAILY, row, Action.STARTED, now=at(8, 10))

    assert started == [at(5), at(6), at(7), at(8)]
