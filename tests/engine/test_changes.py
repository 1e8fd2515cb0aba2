"""Following an attempt without polling."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from engine.changes import Changes, Topic
from engine.model import AttemptEnd

MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_change_between_look_and_wait_is_not_missed():
    changes = Changes()
    with changes.follow(1) as follower:
        changes.changed(Topic(1))

        assert follower.wait(5)


def test_a_follower_is_woken_by_another_thread():
    changes = Changes()
    end = AttemptEnd(attempt_id=1, success=True, finished_at=MOMENT)
    with changes.follow(1) as follower:
        waker = threading.Timer(0.02, changes.attempt_finished, [end])
        waker.start()

        assert follower.wait(5)
        waker.join()


def test_other_attempts_wake_nobody():
    changes = Changes()
    with changes.follow(1) as one, changes.follow(2) as two:
        changes.changed(Topic(2))
        before = changes.version(Topic(1))

        assert two.wait(5)
        assert one.wait(0)
        assert changes.version(Topic(1)) == before


def test_who_waits_for_the_end_is_not_woken_by_tasks():
    changes = Changes()
    end = AttemptEnd(attempt_id=1, success=True, finished_at=MOMENT)
    with changes.follow(1, end_only=True) as patient, changes.follow(1) as curious:
        before = changes.version(Topic(1, end_only=True))
        changes.changed(Topic(1))

        assert curious.wait(5)
        assert changes.version(Topic(1, end_only=True)) == before

        changes.attempt_finished(end)

        assert patient.wait(5)
        assert curious.wait(5)
        assert changes.version(Topic(1, end_only=True)) != before


def test_several_follow_one_attempt():
    changes = Changes()
    with changes.follow(1) as first:
        with changes.follow(1):
            pass
        changes.changed(Topic(1))

        assert first.wait(5)


def test_everybody_is_let_go_when_the_server_stops():
    changes = Changes()
    with changes.follow(1) as follower:
        changes.close()

        assert not follower.wait(5)
