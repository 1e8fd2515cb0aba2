from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import StaleMove
from engine.model import Attempt, AttemptEnd, Step, Task, TaskUpdate
from engine.states import TaskFlag, TaskState
from engine.store import queue, running, sessions, tasks
from engine.store.database import Database, Tx
from tests.support.store import NOW, Shop, make_task

LEASE = NOW + timedelta(minutes=5)


def apply(tx: Tx, *steps: Step, server_id: int = 1) -> None:
    tasks.apply(tx, steps, server_id=server_id, now=NOW, lease_until=LEASE)


def write(database: Database, *steps: Step) -> None:
    with database.transaction() as tx:
        apply(tx, *steps)


def full_task(attempt: Attempt, number: int) -> Task:
    """Every field says something."""
    return make_task(
        attempt.id,
        number,
        full_name='+etl+ロード "x"\0',
        upstreams=(1, 2),
        waits=(2,),
        window=3,
        local={"b>": 1, "a": {"deep": [1, None, "ü"]}},
        export={"e": "$x"},
        state=TaskState.RETRY_WAITING,
        flags=TaskFlag.CANCEL_REQUESTED | TaskFlag.DELAYED_ERROR,
        retry_count=4,
        state_params={"poll": 1},
        export_params={"x": 1.5},
        store_params={"s": [True]},
        reset_params=("a.b", "c"),
        error={"message": "no", "stacktrace": "\n"},
        retry_at=NOW + timedelta(seconds=5),
        started_at=NOW,
        updated_at=NOW + timedelta(seconds=1),
        resumed_from=42,
    )


def started(shop: Shop, count: int = 2, *, day: int = 0) -> tuple[Attempt, list[Task]]:
    """An attempt with a root and `count` blocked tasks."""
    with shop.database.transaction() as tx:
        attempt = shop.start(tx, day=day)
        rows = [make_task(attempt.id, number, updated_at=NOW) for number in range(count + 1)]
        tasks.insert_tasks(tx, rows, now=NOW)
    return attempt, rows


def move(task: Task, target: TaskState) -> TaskUpdate:
    source = task.state
    task.state = target
    return TaskUpdate(task, source)


def ending(attempt: Attempt, rows: list[Task]) -> Step:
    return Step(attempt.id, end=AttemptEnd(attempt.id, True, NOW, tuple(rows)))


def test_every_field_is_kept_in_the_row_and_in_the_archive(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        rows = [make_task(attempt.id, 0, updated_at=NOW), full_task(attempt, 1)]
        tasks.insert_tasks(tx, rows, now=NOW)
        assert tasks.load(tx, attempt.id) == rows
        assert tasks.shown(tx, attempt.id) == rows
        assert list(tasks.load(tx, attempt.id)[1].local) == ["b>", "a"]
        apply(tx, ending(attempt, rows))
        assert tasks.shown(tx, attempt.id) == rows
        assert list(tasks.shown(tx, attempt.id)[1].local) == ["b>", "a"]
        assert tasks.load(tx, attempt.id) == []


def test_a_new_task_without_a_date_gets_one(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        tasks.insert_tasks(tx, [make_task(attempt.id, 0)], now=NOW)
        tasks.insert_tasks(tx, [], now=NOW)
        assert tasks.load(tx, attempt.id)[0].updated_at == NOW


def test_tasks_are_read_in_the_order_of_their_ids(shop: Shop) -> None:
    attempt, rows = started(shop, 3)
    late = make_task(attempt.id, 999_999, updated_at=NOW)
    early = make_task(attempt.id, 7, updated_at=NOW)
    write(shop.database, Step(attempt.id, inserted=[late, early]))
    other, others = started(shop, 1, day=1)
    with shop.database.read() as tx:
        assert tasks.load(tx, attempt.id) == [*rows, early, late]
        assert tasks.load_all(tx, [other.id, attempt.id, 9999]) == {
            attempt.id: [*rows, early, late],
            other.id: others,
            9999: [],
        }


def test_one_round_for_several_attempts(shop: Shop) -> None:
    """A task ends, the next starts; elsewhere a generated task is added."""
    one, (_, first, second) = started(shop)
    two, (root, other, _) = started(shop, day=1)
    write(
        shop.database,
        Step(one.id, [], {first.id: move(first, TaskState.RUNNING)}, {first.id: first}),
    )
    added = make_task(two.id, 3, updated_at=NOW, flags=TaskFlag.NONE)
    first.store_params = {"x": 1}
    second.retry_count = 2
    write(
        shop.database,
        Step(
            one.id,
            updated={
                first.id: move(first, TaskState.SUCCESS),
                second.id: move(second, TaskState.RUNNING),
            },
            enqueued={second.id: second},
            dequeued=[first.id],
        ),
        Step(
            two.id,
            inserted=[added],
            updated={
                root.id: TaskUpdate(root, TaskState.PLANNED),
                other.id: move(other, TaskState.RUNNING),
            },
            enqueued={other.id: other},
        ),
    )
    with shop.database.read() as tx:
        assert tasks.load(tx, one.id)[1:] == [first, second]
        assert tasks.load(tx, two.id)[3] == added
        rows = queue.of_attempts(tx, [one.id, two.id])
    assert [(row.task_id, row.attempt_id, row.retry_count) for row in rows] == [
        (second.id, one.id, 2),
        (other.id, two.id, 0),
    ]
    assert {row.lease_expires_at for row in rows} == {LEASE}


def test_a_move_from_another_state_is_refused_whole(shop: Shop) -> None:
    attempt, (_, first, second) = started(shop)
    before = deepcopy([first, second])
    moves = {first.id: move(first, TaskState.RUNNING), second.id: move(second, TaskState.SUCCESS)}
    wrong = replace(moves[second.id], source=TaskState.RUNNING)
    step = Step(attempt.id, updated=moves | {second.id: wrong}, enqueued={first.id: first})
    with pytest.raises(StaleMove) as caught:
        write(shop.database, step)
    assert str(caught.value) == (
        f"Another server moved a task first: +etl+2 (id={second.id}) should leave running"
    )
    with shop.database.read() as tx:
        assert tasks.load(tx, attempt.id)[1:] == before
        assert queue.of_attempts(tx, [attempt.id]) == []


def test_a_task_that_is_gone_is_a_stale_move(shop: Shop) -> None:
    attempt, rows = started(shop)
    write(shop.database, ending(attempt, rows))
    with pytest.raises(StaleMove, match=r"\+etl\+1"):
        write(shop.database, Step(attempt.id, updated={1: move(rows[1], TaskState.RUNNING)}))


def test_an_attempt_ends_once(shop: Shop) -> None:
    attempt, rows = started(shop)
    write(shop.database, ending(attempt, rows))
    with pytest.raises(StaleMove, match=f"has ended already, or is gone: {attempt.id}"):
        write(shop.database, ending(attempt, rows))


def test_several_attempts_end_in_one_round(shop: Shop) -> None:
    ends = [started(shop, day=day) for day in range(3)]
    going, rows = started(shop, day=3)
    write(shop.database, *(ending(*end) for end in ends))
    with shop.database.read() as tx:
        assert running.unfinished(tx) == [going.id]
        assert tasks.load(tx, going.id) == rows
        for attempt, expected in ends:
            assert tasks.shown(tx, attempt.id) == expected
            assert sessions.attempt(tx, attempt.id).finished_at == NOW


def test_the_last_moves_and_the_end_are_one_round(shop: Shop) -> None:
    attempt, rows = started(shop, 1)
    root, task = rows
    write(
        shop.database,
        Step(attempt.id, [], {task.id: move(task, TaskState.RUNNING)}, {task.id: task}),
    )
    write(
        shop.database,
        Step(
            attempt.id,
            updated={
                task.id: move(task, TaskState.SUCCESS),
                root.id: move(root, TaskState.SUCCESS),
            },
            dequeued=[task.id],
            end=AttemptEnd(attempt.id, True, NOW, (root, task)),
        ),
    )
    with shop.database.read() as tx:
        assert [row.state for row in tasks.shown(tx, attempt.id)] == [TaskState.SUCCESS] * 2
        assert queue.of_attempts(tx, [attempt.id]) == []


def test_an_archive_of_an_older_version_is_readable(shop: Shop) -> None:
    """A column that came later has its default then."""
    import json
    import zlib

    from sqlalchemy import update

    from engine.store import tables

    attempt, rows = started(shop)
    write(shop.database, ending(attempt, rows))
    names = ["id", "attempt_id", "parent_id", "full_name", "is_group", "upstreams", "waits"]
    names += ["window", "local", "export", "state", "updated_at"]
    values = [1, attempt.id, None, "+etl", True, [], [], 0, {}, {"x": 1}, 7, 1_000_000]
    old = zlib.compress(json.dumps({"columns": names, "tasks": [values]}).encode())
    with shop.database.transaction() as tx:
        tx.execute(update(tables.task_archives).values(tasks=old))
        (task,) = tasks.shown(tx, attempt.id)
    assert (task.state, task.export, task.error) == (TaskState.SUCCESS, {"x": 1}, {})
    assert task.updated_at == NOW.fromtimestamp(1, NOW.tzinfo)


def test_an_empty_round_writes_nothing(shop: Shop) -> None:
    attempt, rows = started(shop)
    write(shop.database, Step(attempt.id))
    write(shop.database)
    with shop.database.read() as tx:
        assert tasks.load(tx, attempt.id) == rows
