"""Tasks of running attempts, their archive, and `apply`: all that one round decided.

This is the hot path: statements are compiled once (`database.Prepared`), rows are tuples of raw
values, and every kind of change is one statement for all attempts of the round.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, and_, bindparam, delete, insert, null, select, type_coerce, update
from sqlalchemy.types import TypeDecorator

from engine.errors import StaleMove
from engine.model import TASK_IDS_PER_ATTEMPT, AttemptEnd, Params, Step, Task
from engine.states import TaskFlag, TaskState
from engine.store import tables as t
from engine.store.database import Prepared, Tx
from engine.store.sessions import AttemptFlag
from engine.store.types import Json, UtcTime, from_json, from_micros, to_json, to_micros

_COLUMNS = tuple(t.tasks.c.keys())
# What a move may change; the rest of a row is as it was inserted.
_CHANGING = (
    "state", "flags", "retry_count", "state_params", "export_params", "store_params",
    "reset_params", "error", "retry_at", "started_at", "updated_at",
)  # fmt: skip
_TASK = t.tasks.c


def _insert(table: Any, columns: Sequence[str]) -> Prepared:
    return Prepared(insert(table).values({name: bindparam(name) for name in columns}), columns)


_INSERT_TASK = _insert(t.tasks, _COLUMNS)
_INSERT_QUEUED = _insert(t.queue, tuple(t.queue.c.keys()))
_INSERT_ARCHIVE = _insert(t.task_archives, ("attempt_id", "tasks"))
_UPDATE_TASK = Prepared(
    update(t.tasks)
    .where(_TASK.id == bindparam("task"), _TASK.state == bindparam("source"))
    .values({name: bindparam(name) for name in _CHANGING}),
    (*_CHANGING, "task", "source"),
)
_DELETE_QUEUED = Prepared(delete(t.queue).where(t.queue.c.task_id == bindparam("task")), ("task",))
_DELETE_TASKS = Prepared(
    delete(t.tasks).where(_TASK.id >= bindparam("first"), _TASK.id < bindparam("end")),
    ("first", "end"),
)
_END_ATTEMPT = Prepared(
    update(t.attempts)
    .where(t.attempts.c.id == bindparam("attempt"), t.attempts.c.finished_at.is_(None))
    .values(
        flags=t.attempts.c.flags.bitwise_or(bindparam("ends")), finished_at=bindparam("finished")
    ),
    ("ends", "finished", "attempt"),
)


_SLA_SEEN = Prepared(
    update(t.attempts).where(t.attempts.c.id == bindparam("attempt")).values(sla_due_at=null()),
    ("attempt",),
)


def insert_tasks(tx: Tx, tasks: Sequence[Task], *, now: datetime) -> None:
    """Write new tasks; `updated_at` is `now` where they have none."""
    if tasks:
        moment = to_micros(now)
        tx.execute_raw(_INSERT_TASK, [_row(task, moment) for task in tasks])


def apply(
    tx: Tx, steps: Sequence[Step], *, server_id: int, now: datetime, lease_until: datetime
) -> None:
    """Write everything that these steps decided; one statement per kind of change.

    Raises `StaleMove` when a task is not in the state that its update leaves, or an attempt has
    ended already: another server was quicker, and nothing of this transaction may stay.
    Finished attempts are archived, and their rows deleted.
    """
    moment = to_micros(now)
    _run(tx, _INSERT_TASK, [_row(task, moment) for step in steps for task in step.inserted])
    changed = [
        (*_changing(change.task, moment), change.task.id, int(change.source))
        for step in steps
        for change in step.updated.values()
    ]
    if _run(tx, _UPDATE_TASK, changed) != len(changed):
        raise _stale(tx, steps)
    _run(tx, _DELETE_QUEUED, [(task_id,) for step in steps for task_id in step.dequeued])
    lease = to_micros(lease_until)
    _run(
        tx,
        _INSERT_QUEUED,
        [
            (task.id, task.attempt_id, task.retry_count, server_id, lease, moment)
            for step in steps
            for task in step.enqueued.values()
        ],
    )
    _run(tx, _SLA_SEEN, [(step.attempt_id,) for step in steps if step.sla_seen])
    _end(tx, [step.end for step in steps if step.end is not None])


def _run(tx: Tx, statement: Prepared, rows: list[tuple[Any, ...]]) -> int:
    return tx.execute_raw(statement, rows) if rows else 0


def _end(tx: Tx, ends: list[AttemptEnd]) -> None:
    if not ends:
        return
    rows = [(_end_flags(end), to_micros(end.finished_at), end.attempt_id) for end in ends]
    if tx.execute_raw(_END_ATTEMPT, rows) != len(rows):
        numbers = ", ".join(str(end.attempt_id) for end in ends)
        raise StaleMove(f"One of these attempts has ended already, or is gone: {numbers}")
    tx.execute_raw(_INSERT_ARCHIVE, [(end.attempt_id, _pack(end.tasks)) for end in ends])
    tx.execute_raw(_DELETE_TASKS, [_id_range(end.attempt_id) for end in ends])


def _end_flags(end: AttemptEnd) -> int:
    return int(AttemptFlag.DONE | (AttemptFlag.SUCCESS if end.success else AttemptFlag.NONE))


def _stale(tx: Tx, steps: Sequence[Step]) -> StaleMove:
    """Which task was not where it should have been, for the log."""
    expected = {
        change.task.id: (change.source, change.task)
        for step in steps
        for change in step.updated.values()
    }
    query = select(_TASK.id, _TASK.state).where(_TASK.id.in_(expected))
    found = {row.id: row.state for row in tx.execute(query)}
    wrong = [
        f"{task.full_name} (id={task_id}) should leave {source.label}"
        for task_id, (source, task) in expected.items()
        if found.get(task_id) != task.state  # the others were moved by this very statement
    ]
    return StaleMove(f"Another server moved a task first: {'; '.join(wrong[:3])}")


# Reading


def load(tx: Tx, attempt_id: int) -> list[Task]:
    """The tasks of a running attempt, by id."""
    first, end = _id_range(attempt_id)
    query = select(*_RAW).where(_TASK.id >= first, _TASK.id < end).order_by(_TASK.id)
    return [_task(row) for row in tx.execute(query)]


def load_all(tx: Tx, attempt_ids: Collection[int]) -> dict[int, list[Task]]:
    """The tasks of several running attempts, by id; one query."""
    found: dict[int, list[Task]] = {attempt_id: [] for attempt_id in attempt_ids}
    for row in tx.execute(_LOAD_ALL, {"ids": list(attempt_ids)}):
        found[row[1]].append(_task(row))
    return found


def shown(tx: Tx, attempt_id: int) -> list[Task]:
    """The tasks of an attempt, by id: live rows while it runs, then its archive."""
    archive = t.task_archives.c
    packed = tx.execute(select(archive.tasks).where(archive.attempt_id == attempt_id)).scalar()
    return load(tx, attempt_id) if packed is None else _unpack(packed)


def _id_range(attempt_id: int) -> tuple[int, int]:
    first = attempt_id * TASK_IDS_PER_ATTEMPT
    return first, first + TASK_IDS_PER_ATTEMPT


# Values to rows and back


def _json(value: Params) -> str:
    return to_json(value) if value else "{}"


def _ids(value: tuple[Any, ...]) -> str:
    return to_json(value) if value else "[]"


def _time(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _row(task: Task, now: int) -> tuple[Any, ...]:
    """The values of `_COLUMNS`."""
    return (
        task.id,
        task.attempt_id,
        task.parent_id,
        to_json(task.full_name),
        task.is_group,
        _ids(task.upstreams),
        _ids(task.waits),
        task.window,
        _json(task.local),
        _json(task.export),
        *_changing(task, now),
        task.resumed_from,
    )


def _changing(task: Task, now: int) -> tuple[Any, ...]:
    """The values of `_CHANGING`."""
    updated = task.updated_at
    return (
        int(task.state),
        int(task.flags),
        task.retry_count,
        _json(task.state_params),
        _json(task.export_params),
        _json(task.store_params),
        _ids(task.reset_params),
        _json(task.error),
        _time(task.retry_at),
        _time(task.started_at),
        now if updated is None else to_micros(updated),
    )


_Reader = Callable[[Any], Any]


def _read_json(text: str) -> Params:
    return {} if text == "{}" else from_json(text)


def _read_ids(text: str) -> tuple[Any, ...]:
    return () if text == "[]" else tuple(from_json(text))


def _read_time(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _same(value: Any) -> Any:
    return value


# How each column becomes the field of `Task` in its place.
_SPECIAL: dict[str, _Reader] = {"is_group": bool, "state": TaskState, "flags": TaskFlag}
_LISTS = ("upstreams", "waits", "reset_params")


def _reader(column: Column[Any]) -> _Reader:
    if column.name in _LISTS:
        return _read_ids
    by_type: dict[type, _Reader] = {
        Json: from_json if column.name == "full_name" else _read_json,
        UtcTime: _read_time,
    }
    return _SPECIAL.get(column.name) or by_type.get(type(column.type), _same)


_READERS = tuple(map(_reader, t.tasks.c))
# The same columns as the database keeps them: the readers are quicker than SQLAlchemy's types.
_RAW: list[Any] = [
    type_coerce(column, column.type.impl_instance)
    if isinstance(column.type, TypeDecorator)
    else column
    for column in t.tasks.c
]

_FIRST = t.attempts.c.id * TASK_IDS_PER_ATTEMPT
_LOAD_ALL = (
    select(*_RAW)
    .select_from(
        t.attempts.join(t.tasks, and_(_TASK.id >= _FIRST, _TASK.id < _FIRST + TASK_IDS_PER_ATTEMPT))
    )
    .where(t.attempts.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_TASK.id)
)


def _task(row: Sequence[Any]) -> Task:
    return Task(*[read(value) for read, value in zip(_READERS, row, strict=True)])


# The archive: {"columns": [...], "tasks": [[...], ...]}, JSON, zlib. Moments in microseconds.


def _pack(tasks: Iterable[Task]) -> bytes:
    document = {"columns": _COLUMNS, "tasks": [_archived(task) for task in tasks]}
    return zlib.compress(to_json(document).encode(), level=1)


def _archived(task: Task) -> list[Any]:
    values = [getattr(task, name) for name in _COLUMNS]
    for place in _TIMES:
        values[place] = _time(values[place])
    return values


_TIMES = [place for place, column in enumerate(t.tasks.c) if isinstance(column.type, UtcTime)]
# Only what JSON cannot say; a column that an older archive lacks takes the default of `Task`.
_ARCHIVE_READERS: dict[str, _Reader] = {
    **_SPECIAL,
    **dict.fromkeys(_LISTS, tuple),
    **{t.tasks.c[place].name: _read_time for place in _TIMES},
}


def _unpack(packed: bytes) -> list[Task]:
    document = from_json(zlib.decompress(packed))
    columns = document["columns"]
    readers = [
        (place, _ARCHIVE_READERS[name])
        for place, name in enumerate(columns)
        if name in _ARCHIVE_READERS
    ]
    tasks = []
    for values in document["tasks"]:
        for place, read in readers:
            values[place] = read(values[place])
        tasks.append(Task(**dict(zip(columns, values, strict=True))))
    return tasks
