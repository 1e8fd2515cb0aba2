"""Clocks: the system's, and one that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.clock import ManualClock, SystemClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_systems_clock_tells_utc():
    before = datetime.now(UTC)

    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_manual_clock_moves_when_it_is_moved():
    clock = ManualClock(NOON)

    assert clock.now() == clock.now() == NOON
    clock.advance(90)
    assert clock.now() == NOON + timedelta(seconds=90)
    clock.set(NOON)
    assert clock.now() == NOON
