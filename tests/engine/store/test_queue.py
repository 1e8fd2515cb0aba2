from datetime import timedelta

from engine.model import Attempt, Step
from engine.store import queue, tasks
from engine.store.database import Tx
from tests.support.store import NOW, Shop, make_task

LEASE = NOW + timedelta(minutes=5)
LATER = LEASE + timedelta(minutes=1)


def enqueue(tx: Tx, attempt: Attempt, *numbers: int, server_id: int = 1) -> list[int]:
    rows = [make_task(attempt.id, number) for number in numbers]
    step = Step(attempt.id, enqueued={row.id: row for row in rows})
    tasks.apply(tx, [step], server_id=server_id, now=NOW, lease_until=LEASE)
    return [row.id for row in rows]


def held(tx: Tx, attempt: Attempt) -> dict[int, int | None]:
    """Task id -> the server that works on it."""
    return {row.task_id: row.server_id for row in queue.of_attempts(tx, [attempt.id])}


def test_a_heartbeat_extends_what_a_server_holds(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        enqueue(tx, attempt, 1, 2)
        enqueue(tx, attempt, 3, server_id=2)
        assert queue.extend(tx, 1, LATER) == 2
        rows = queue.of_attempts(tx, [attempt.id])
        assert [row.lease_expires_at for row in rows] == [LATER, LATER, LEASE]


def test_a_task_that_is_handed_back_is_taken_by_one(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        first, second = enqueue(tx, attempt, 1, 2)
        assert queue.claim(tx, [first], 2, LEASE) == []
        queue.release(tx, [first])
        assert held(tx, attempt) == {first: None, second: 1}
        assert queue.claim(tx, [second, first], 2, LEASE) == [first]
        assert queue.claim(tx, [first], 3, LEASE) == []
        assert held(tx, attempt) == {first: 2, second: 1}


def test_the_leases_of_dead_servers_are_free_at_once(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        one, two = enqueue(tx, attempt, 1) + enqueue(tx, attempt, 2, server_id=2)
        (mine,) = enqueue(tx, attempt, 3, server_id=3)
        assert queue.release_all(tx, [1, 2]) == 2
        assert held(tx, attempt) == {one: None, two: None, mine: 3}


def test_the_rows_of_an_attempt(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        one, two = shop.start(tx), shop.start(tx, day=1)
        mine = enqueue(tx, one, 2, 1)
        enqueue(tx, two, 1)
        rows = queue.of_attempts(tx, [one.id])
        assert [row.task_id for row in rows] == sorted(mine)
        assert {(row.server_id, row.created_at) for row in rows} == {(1, NOW)}
