"""Commands as processes of this machine, each the leader of a session and group of its own."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.command import table
from engine.command.base import CannotStart, Ended, Stopped
from engine.command.blocking import blocking
from engine.command.programs import GATE
from engine.command.registry import Registry, Started, leftovers

_log = logging.getLogger(__name__)
GRACE = 5.0  # seconds between TERM and KILL
_QUICK = 20  # milliseconds that a thread may wait before its pool is told
_LOOK_FIRST, _LOOK_SLOWEST = 0.01, 0.25  # seconds between looks at processes told to end


@dataclass(slots=True, eq=False)
class _Running:
    process: subprocess.Popen[bytes]
    cancelled: bool = False
    ended: bool = False
    gone: threading.Event = field(default_factory=threading.Event)  # no member of its group lives

    @property
    def group(self) -> int:
        return self.process.pid


class LocalCommands:
    """`run_dir` holds the list of what runs, for `stop_leftovers`; None keeps none."""

    def __init__(self, run_dir: Path | None = None, *, grace: float = GRACE) -> None:
        self._grace = grace
        self._registry = Registry(run_dir) if run_dir else None
        self._environment = dict(os.environb)
        self._nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._lock = threading.Lock()
        self._running: defaultdict[int, set[_Running]] = defaultdict(set)
        self._cancelled: set[int] = set()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        output: int,
        attempt_id: int,
    ) -> Ended:
        if attempt_id in self._cancelled:
            raise Stopped
        running = self._start(argv, cwd, self._merged(env), output)
        with self._lock:
            self._running[attempt_id].add(running)
            late = attempt_id in self._cancelled
        if late:
            self._terminate([running])
        _wait(running.process)
        self._let_go(running, attempt_id)
        code = running.process.wait()
        return Ended(code if code >= 0 else 128 - code, _group_lives(running.group))

    def _merged(self, env: Mapping[str, str]) -> dict[bytes, bytes]:
        merged = self._environment.copy()
        for key, value in env.items():
            try:
                merged[os.fsencode(key)] = os.fsencode(value)
            except UnicodeEncodeError:
                raise CannotStart(
                    f"The environment variable {key} holds what is no valid text"
                ) from None
        return merged

    def _start(
        self, argv: Sequence[str], cwd: str, env: dict[bytes, bytes], output: int
    ) -> _Running:
        after = table.uptime_ticks() if self._registry else 0
        try:
            with GATE.starting():
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=self._nothing,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            raise CannotStart(_why_not(error, argv, cwd, env)) from error
        if self._registry:
            self._registry.started(Started(process.pid, after, table.uptime_ticks()))
        return _Running(process)

    def _let_go(self, running: _Running, attempt_id: int) -> None:
        """Take an ended process off the lists, before its id becomes free.

        The process stays unreaped as long as members of its group are being stopped: as long, the
        group's id belongs to nobody else.
        """
        if self._still_stopping(running, attempt_id):
            with blocking():
                running.gone.wait()
            self._still_stopping(running, attempt_id)
        if self._registry:
            self._registry.ended(running.process.pid)

    def _still_stopping(self, running: _Running, attempt_id: int) -> bool:
        with self._lock:
            if running.cancelled and not running.gone.is_set():
                return True
            running.ended = True
            others = self._running[attempt_id]
            others.discard(running)
            if not others:
                del self._running[attempt_id]
            return False

    def cancel(self, attempt_id: int) -> None:
        with self._lock:
            self._cancelled.add(attempt_id)
            running = list(self._running.get(attempt_id, ()))
        self._terminate(running)

    def forget(self, attempt_id: int) -> None:
        with self._lock:
            self._cancelled.discard(attempt_id)

    def kill_all(self) -> None:
        # No lock: the thread that a signal interrupts may hold it. The copies are made in one step.
        for running in [each for some in list(self._running.values()) for each in list(some)]:
            if not running.ended:
                _signal_group(running.group, signal.SIGKILL)

    def _terminate(self, running: Iterable[_Running]) -> None:
        with self._lock:
            # The id of one that has not ended belongs to it: it is reaped only after that.
            mine = [each for each in running if not each.ended and not each.cancelled]
            for each in mine:
                each.cancelled = True
                _signal_group(each.group, signal.SIGTERM)
        if mine:
            threading.Thread(
                target=self._see_off, args=(mine,), name="see-off", daemon=True
            ).start()

    def _see_off(self, running: list[_Running]) -> None:
        """Wait for the groups to end, and end them."""
        by_group = {each.group: each for each in running}
        try:
            for group in _until_gone(set(by_group), self._grace):
                by_group.pop(group).gone.set()
        finally:
            for each in by_group.values():
                each.gone.set()


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Until the process ends, without reaping it."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # another system than Linux, or no descriptor left
        with blocking():
            if sys.platform == "linux":
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            else:
                process.wait()
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(_QUICK):
            with blocking():
                poll.poll()
    finally:
        os.close(descriptor)


def _until_gone(groups: set[int], grace: float) -> Iterable[int]:
    """Give out each group when it has no living member; kill what is left after `grace` seconds."""
    deadline = time.monotonic() + grace
    pause = _LOOK_FIRST
    killed = False
    while groups:
        gone = groups - table.live_groups()
        yield from gone
        groups -= gone
        if killed or not groups:
            return
        if time.monotonic() >= deadline:
            for group in groups:
                _signal_group(group, signal.SIGKILL)
            killed, pause = True, _LOOK_FIRST
        time.sleep(pause)
        pause = min(pause * 1.5, _LOOK_SLOWEST)


def _group_lives(group: int) -> bool:
    """True while a group whose leader was reaped has other members."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        _log.warning("Not allowed to send %s to the process group %s", number.name, group)


def _why_not(
    error: OSError | ValueError, argv: Sequence[str], cwd: str, env: Mapping[bytes, bytes]
) -> str:
    if isinstance(error, ValueError):
        return f"Cannot run {argv[0]!r}: {error}"
    if not os.path.isdir(cwd):
        return f"Cannot run {argv[0]!r}: there is no working directory {cwd!r}"
    if isinstance(error, FileNotFoundError):
        return f"Cannot run {argv[0]!r}: there is no such program"
    message = f"Cannot run {argv[0]!r}: {error.strerror}"
    if isinstance(error, OSError) and error.errno == 7 and env:  # E2BIG
        largest = max(env, key=lambda key: len(env[key]))
        message += f" (the largest variable is {os.fsdecode(largest)}, {len(env[largest])} bytes)"
    return message


def stop_leftovers(run_dir: Path, *, grace: float = GRACE) -> list[int]:
    """End the commands that a dead server left running; their process ids.

    Call it before a `LocalCommands` of the same folder starts its first.
    """
    groups = {started.pid for started in leftovers(run_dir)}
    for group in groups:
        _signal_group(group, signal.SIGTERM)
    for group in _until_gone(set(groups), grace):
        _log.info("Stopped process group %s, which an earlier server had started", group)
    return sorted(groups)
