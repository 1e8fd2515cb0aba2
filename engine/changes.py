"""Wake whoever follows an attempt, a log or a list: no polling."""

from __future__ import annotations

import threading
from typing import NamedTuple

from engine.hooks import Hooks
from engine.model import AttemptEnd, Task


class Topic(NamedTuple):
    """What a follower wants to hear of: everything about the attempt, or its end alone."""

    attempt_id: int
    end_only: bool = False


class Changes(Hooks):
    """A version per topic that somebody follows.

    A follower knows the version, looks at the state, and waits for another version, so that nothing
    between look and wait is missed.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._followed: dict[Topic, tuple[int, int]] = {}  # (followers, version)
        self._closed = False

    def follow(self, attempt_id: int, *, end_only: bool = False) -> Follower:
        """Who waits for the end alone should say so: each wake-up costs a look at the database."""
        return Follower(self, Topic(attempt_id, end_only))

    def changed(self, topic: Topic) -> None:
        if topic not in self._followed:  # as nearly always; who joins later looks later
            return
        with self._condition:
            if topic in self._followed:
                followers, version = self._followed[topic]
                self._followed[topic] = (followers, version + 1)
                self._condition.notify_all()

    def close(self) -> None:
        """Let everybody go: the server stops."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def task_changed(self, task: Task) -> None:
        self.changed(Topic(task.attempt_id))

    def attempt_finished(self, end: AttemptEnd) -> None:
        self.changed(Topic(end.attempt_id))
        self.changed(Topic(end.attempt_id, end_only=True))

    def join(self, topic: Topic) -> None:
        with self._condition:
            followers, version = self._followed.get(topic, (0, 0))
            self._followed[topic] = (followers + 1, version)

    def leave(self, topic: Topic) -> None:
        with self._condition:
            followers, version = self._followed.pop(topic)
            if followers > 1:
                self._followed[topic] = (followers - 1, version)

    def version(self, topic: Topic) -> int:
        with self._condition:
            return self._followed[topic][1]

    def wait(self, topic: Topic, seen: int, timeout: float) -> bool:
        with self._condition:
            self._condition.wait_for(
                lambda: self._closed or self._followed[topic][1] != seen, timeout
            )
            return not self._closed


class Follower:
    """`with changes.follow(attempt_id) as follower:` look, then `follower.wait(seconds)`, and again."""

    def __init__(self, changes: Changes, topic: Topic) -> None:
        self._changes = changes
        self._topic = topic
        self._seen = 0

    def __enter__(self) -> Follower:
        self._changes.join(self._topic)
        self._seen = self._changes.version(self._topic)
        return self

    def __exit__(self, *_: object) -> None:
        self._changes.leave(self._topic)

    def wait(self, timeout: float) -> bool:
        """Until there was a change since the last call, or `timeout` seconds. False: stop following."""
        going = self._changes.wait(self._topic, self._seen, timeout)
        self._seen = self._changes.version(self._topic)
        return going
