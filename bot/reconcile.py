"""The bot's own clock: polls that are due and deploys to be tried again. Sleeps until the next one."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.clock import Clock

log = logging.getLogger(__name__)

_LONGEST_SLEEP = 3600.0  # seconds; the clock of the machine may be set meanwhile
_AFTER_FAILURE = 5.0
_LONGEST_STOP = 5.0
_JITTER = 0.1  # of a pause, so that many repositories do not come at once


def pause(failures: int, *, first: float, most: float) -> timedelta:
    """How long to wait after so many failures in a row."""
    return timedelta(seconds=min(most, first * 2 ** min(failures, 20)))


def spread(seconds: float) -> timedelta:
    """A pause of about this length."""
    return timedelta(seconds=seconds * (1 + random.uniform(-_JITTER, _JITTER)))  # noqa: S311


class Timer:
    """A thread that calls `work` when something is due; `work` answers when the next thing is."""

    def __init__(self, clock: Clock, work: Callable[[], datetime | None]) -> None:
        self._clock = clock
        self._work = work
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="bot", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may be due earlier than it was."""
        self._wake.set()

    def stop(self, timeout: float = _LONGEST_STOP) -> None:
        """End after what is under way; a fetch that hangs is left behind."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            self._wake.wait(self._sleep())

    def _sleep(self) -> float | None:
        try:
            due = self._work()
        except Exception:
            log.exception("The round of polls failed; it is tried again in %s s", _AFTER_FAILURE)
            return _AFTER_FAILURE
        if due is None:
            return None
        return min(max(0.0, (due - self._clock.now()).total_seconds()), _LONGEST_SLEEP)
