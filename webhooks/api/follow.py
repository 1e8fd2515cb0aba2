"""Ours: wait for the end of an attempt, and read its logs as they grow (long polling).

State changes wake a waiting request at once. What a command writes goes straight to its log file
without passing through the server, so while somebody follows, the files are looked at now and then.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response

from bot import wire
from engine.files.tail import Tail
from engine.model import Attempt
from engine.states import TaskState
from engine.store import sessions as store
from engine.store import tasks as task_store
from engine.store.database import Tx
from webhooks.api.base import services, text
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("follow", __name__, url_prefix="/api/digbot")

LONGEST = 30.0  # seconds that one request may wait
LOOK = 0.2  # seconds between two looks at the log files
ANSWER = 1024 * 1024  # bytes of text in one answer, about
MOST_WAITING = 8  # requests that may hold a thread; others are answered at once
MOST_TAILS = 256  # followers whose place in the logs is remembered

_seats = threading.BoundedSemaphore(MOST_WAITING)


@routes.get("/attempts/<id:attempt_id>/wait")
def wait(attempt_id: int) -> Response:
    """The attempt when it is done, or as it is after `timeout` seconds."""
    changes = services().engine.changes
    with _patience() as end, changes.follow(attempt_id, end_only=True) as follower:
        row = _row(attempt_id)
        while not row.attempt.done and (left := end - time.monotonic()) > 0:
            if not follower.wait(left):
                break
            row = _row(attempt_id)
    return json_answer(wire.attempt(row.attempt, row.project_name))


@routes.get("/attempts/<id:attempt_id>/log")
def log(attempt_id: int) -> Response:
    """New text of the logs; `cursor` is the last answer's, `task` the beginning of a task's name.

    A cursor that is not known any more starts over; each piece says where it stands in its file,
    so a client leaves out what it has and notices what it missed.
    """
    prefix = text("task") or ""
    with _patience() as end, services().engine.changes.follow(attempt_id) as follower:
        attempt = _row(attempt_id).attempt
        cursor, place = tails.take(text("cursor"), attempt, prefix)
        with place.lock:
            while True:
                done = _ended(attempt_id, prefix)
                pieces = place.tail.read(ANSWER)
                left = end - time.monotonic()
                if pieces or done or left <= 0 or not follower.wait(min(left, LOOK)):
                    break
    more = sum(piece.size for piece in pieces) >= ANSWER
    return json_answer(wire.log_pieces(pieces, cursor, done=done and not more))


@contextmanager
def _patience() -> Iterator[float]:
    """Until when this request may wait: not at all when too many wait already."""
    seconds = _timeout()
    seated = seconds > 0 and _seats.acquire(blocking=False)
    try:
        yield time.monotonic() + (seconds if seated else 0)
    finally:
        if seated:
            _seats.release()


def _timeout() -> float:
    given = text("timeout") or "0"
    try:
        return min(max(float(given), 0.0), LONGEST)
    except ValueError:
        raise BadRequest(f"timeout must be a number of seconds, but it is {given}") from None


def _row(attempt_id: int) -> store.AttemptRow:
    with services().engine.database.read() as tx:
        return store.attempt_row(tx, attempt_id)


def _ended(attempt_id: int, prefix: str) -> bool:
    """Whether nothing more can be logged: by the attempt, or by the tasks with the prefix."""
    with services().engine.database.read() as tx:
        return store.attempt(tx, attempt_id).done or (
            bool(prefix) and _all_done(tx, attempt_id, prefix)
        )


def _all_done(tx: Tx, attempt_id: int, prefix: str) -> bool:
    states: list[TaskState] = [
        task.state for task in task_store.shown(tx, attempt_id) if task.full_name.startswith(prefix)
    ]
    return bool(states) and all(state.done for state in states)


class Place:
    """How far one follower has read."""

    def __init__(self, tail: Tail) -> None:
        self.tail = tail
        self.lock = threading.Lock()


class Tails:
    """The places of the latest followers, by cursor."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, cursor: str | None, attempt: Attempt, prefix: str) -> tuple[str, Place]:
        with self._lock:
            if cursor is not None and cursor in self._places:
                self._places.move_to_end(cursor)
                return cursor, self._places[cursor]
            cursor = f"{attempt.id}-{uuid.uuid4().hex}"
            place = Place(Tail(services().engine.logs, attempt, prefix))
            self._places[cursor] = place
            while len(self._places) > MOST_TAILS:
                self._places.popitem(last=False)
            return cursor, place


tails = Tails()
