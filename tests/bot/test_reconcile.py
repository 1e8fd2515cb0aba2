"""The bot's clock: pauses, and a thread that sleeps until something is due."""

import threading
from datetime import datetime, timedelta

import pytest

from bot.reconcile import Timer, pause, spread
from engine.clock import ManualClock


def test_pauses_grow_up_to_a_limit() -> None:
    found = [pause(n, first=10, most=100).total_seconds() for n in (0, 1, 2, 3, 4, 5, 1000)]
    assert found == [10, 20, 40, 80, 100, 100, 100]


def test_pauses_are_spread() -> None:
    found = {spread(100).total_seconds() for _ in range(50)}
    assert len(found) > 10
    assert all(90 <= seconds <= 110 for seconds in found)


class Work:
    """Counts calls; answers what it was told to."""

    def __init__(self, *answers: datetime | Exception | None) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.called = threading.Condition()

    def __call__(self) -> datetime | None:
        with self.called:
            self.calls += 1
            self.called.notify_all()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait_for(self, calls: int) -> None:
        with self.called:
            assert self.called.wait_for(lambda: self.calls >= calls, timeout=5)


def test_it_works_at_the_start_and_when_woken(clock: ManualClock) -> None:
    work = Work()
    timer = Timer(clock, work)
    timer.start()
    work.wait_for(1)
    timer.wake()
    work.wait_for(2)
    timer.stop()
    timer.wake()
    assert work.calls in (2, 3)


def test_it_wakes_by_itself_when_something_is_due(clock: ManualClock) -> None:
    work = Work(clock.now() + timedelta(seconds=0.05), clock.now() - timedelta(hours=1))
    timer = Timer(clock, work)
    timer.start()
    work.wait_for(3)
    timer.stop()


def test_a_failure_is_not_the_end(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    work = Work(RuntimeError("the database is away"))
    timer = Timer(clock, work)
    timer.start()
    work.wait_for(1)
    timer.wake()
    work.wait_for(2)
    timer.stop()
    assert "the database is away" in caplog.text


def test_what_hangs_does_not_hold_up_the_end(clock: ManualClock) -> None:
    release, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        release.wait(10)

    timer = Timer(clock, hang)
    timer.start()
    begun.wait(5)
    timer.stop(timeout=0.01)
    release.set()


def test_stopping_what_never_started(clock: ManualClock) -> None:
    Timer(clock, Work()).stop()
