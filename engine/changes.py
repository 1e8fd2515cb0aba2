"""Wake whoever follows an attempt, a log or a list: no polling."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from engine.hooks import Hooks
from engine.model import AttemptEnd, Task


class Changes(Hooks):
    """A counter per attempt that somebody waits for, and one for everything.

    A follower takes a `token`, looks at the state, and waits for the token to be out of date, so
    that nothing between look and wait is missed.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._followed: dict[int, tuple[int, int]] = {}  # attempt -> (followers, version)
        self._closed = False

    def follow(self, attempt_id: int) -> Follower:
        return Follower(self, attempt_id)

    def changed(self, attempt_ids: Iterable[int]) -> None:
        if not self._followed:
            return
        with self._condition:
            for attempt_id in attempt_ids:
                if attempt_id in self._followed:
                    followers, version = self._followed[attempt_id]
                    self._followed[attempt_id] = (followers, version + 1)
            self._condition.notify_all()

    def close(self) -> None:
        """Let everybody go: the server stops."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def task_changed(self, task: Task) -> None:
        self.changed((task.attempt_id,))

    def attempt_finished(self, end: AttemptEnd) -> None:
        self.changed((end.attempt_id,))

    def join(self, attempt_id: int) -> None:
        with self._condition:
            followers, version = self._followed.get(attempt_id, (0, 0))
            self._followed[attempt_id] = (followers + 1, version)

    def leave(self, attempt_id: int) -> None:
        with self._condition:
            followers, version = self._followed.pop(attempt_id)
            if followers > 1:
                self._followed[attempt_id] = (followers - 1, version)

    def version(self, attempt_id: int) -> int:
        with self._condition:
            return self._followed[attempt_id][1]

    def wait(self, attempt_id: int, seen: int, timeout: float) -> bool:
        with self._condition:
            self._condition.wait_for(
                lambda: self._closed or self._followed[attempt_id][1] != seen, timeout
            )
            return not self._closed


class Follower:
    """`with changes.follow(attempt_id) as follower:` look, then `follower.wait(seconds)`, and again."""

    def __init__(self, changes: Changes, attempt_id: int) -> None:
        self._changes = changes
        self._attempt_id = attempt_id
        self._seen = 0

    def __enter__(self) -> Follower:
        self._changes.join(self._attempt_id)
        self._seen = self._changes.version(self._attempt_id)
        return self

    def __exit__(self, *_: object) -> None:
        self._changes.leave(self._attempt_id)

    def wait(self, timeout: float) -> bool:
        """Until the attempt changed since the last call, or `timeout` seconds. False: stop following."""
        going = self._changes.wait(self._attempt_id, self._seen, timeout)
        self._seen = self._changes.version(self._attempt_id)
        return going
