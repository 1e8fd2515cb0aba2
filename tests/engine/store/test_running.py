from engine.states import AttemptStatus
from engine.store import running, sessions
from tests.support.store import NOW, Shop, finish


def test_a_finished_attempt_is_not_running(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        first, second = shop.start(tx), shop.start(tx, day=1, server_id=2)
        assert running.count_running(tx) == 2
        assert running.unfinished(tx) == [first.id, second.id]
        assert running.unfinished(tx, server_ids=[2]) == [second.id]
        finish(tx, first)
        assert running.count_running(tx) == 1
        assert running.unfinished(tx) == [second.id]
        ended = sessions.attempt(tx, first.id)
        assert (ended.done, ended.success, ended.finished_at) == (True, True, NOW)


def test_a_server_takes_over_attempts(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        first, second = shop.start(tx), shop.start(tx, day=1)
        running.adopt(tx, [second.id], 9)
        assert running.unfinished(tx, server_ids=[9]) == [second.id]
        assert running.unfinished(tx, server_ids=[1]) == [first.id]


def test_a_kill_is_noted_until_the_attempt_ends(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        assert running.request_cancel(tx, attempt.id)
        assert running.request_cancel(tx, attempt.id)
        assert sessions.attempt(tx, attempt.id).cancel_requested
        finish(tx, attempt, success=False)
        assert sessions.attempt(tx, attempt.id).status is AttemptStatus.KILLED
        assert not running.request_cancel(tx, attempt.id)
        assert not running.request_cancel(tx, 9999)


def test_only_the_newest_attempt_that_is_not_killed_is_active(shop: Shop) -> None:
    """schedules.md §10.2."""

    def active(workflow: str = "etl") -> bool:
        return running.has_active(tx, shop.project.id, workflow)

    with shop.database.transaction() as tx:
        assert not active()
        shop.start(tx)
        assert active()
        assert not active("report")
        newest = shop.start(tx, retry_attempt_name="r")
        finish(tx, newest)
        assert not active()
        killed = shop.start(tx, day=1)
        assert active()
        running.request_cancel(tx, killed.id)
        assert not active()
