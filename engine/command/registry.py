"""Which commands run, on disk: a server that starts finds what its dead predecessor left.

One file of lines, appended and never synced: it has to survive the death of the server, not that of
the machine, which ends the commands as well. A process is known by its id, the time it began and
the boot of the machine, so that another process with the same id is never taken for it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.command import table

_FILE = "commands"
_COMPACT_AT = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Started:
    """A command's process, which is also the id of its group. It began between the two ticks."""

    pid: int
    after: int
    before: int

    def alive(self) -> bool:
        began = table.start_ticks(self.pid)
        # One tick of room on either side: the two clocks are rounded apart.
        return began is not None and self.after - 1 <= began <= self.before + 1


class Registry:
    """The file of one server. Safe with several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / _FILE
        self._lock = threading.Lock()
        self._running: dict[int, Started] = {}
        self._begin()

    def _begin(self) -> None:
        """A new file with what runs now, put in the place of the old one."""
        part = self._path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        text = f"boot {table.boot_id()}\n" + "".join(map(_line, self._running.values()))
        os.write(descriptor, text.encode())
        os.replace(part, self._path)
        self._descriptor, self._size = descriptor, len(text)

    def started(self, started: Started) -> None:
        with self._lock:
            self._running[started.pid] = started
            self._append(_line(started))

    def ended(self, pid: int) -> None:
        with self._lock:
            if self._running.pop(pid, None):
                self._append(f"end {pid}\n")

    def _append(self, line: str) -> None:
        if self._size > _COMPACT_AT:
            os.close(self._descriptor)
            self._begin()
        self._size += os.write(self._descriptor, line.encode())


def _line(started: Started) -> str:
    return f"start {started.pid} {started.after} {started.before}\n"


def leftovers(folder: Path) -> list[Started]:
    """The commands that a server which is gone had started, and that still run."""
    try:
        lines = (folder / _FILE).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    boot = table.boot_id()
    if not boot or lines[:1] != [f"boot {boot}"]:
        return []
    found: dict[int, Started] = {}
    for line in lines[1:]:
        match line.split():
            case ["start", pid, after, before]:
                found[int(pid)] = Started(int(pid), int(after), int(before))
            case ["end", pid]:
                found.pop(int(pid), None)
    return [started for started in found.values() if started.alive()]
