"""Which commands run, on disk: a server that starts finds what its dead predecessor left.

One file of records of fixed size, mapped into memory and never synced: it has to survive the death
of the server, not that of the machine, which ends the commands as well. A process is known by its
id, the time it began and the boot of the machine, so that another process with the same id is never
taken for it.
"""

from __future__ import annotations

import logging
import mmap
import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.command import table

_log = logging.getLogger(__name__)
_FILE = "commands"
_BOOT = 64  # bytes at the beginning, for the id of the boot
_RECORD = struct.Struct("<QQQ")  # pid, after, before; a pid of 0 is a free place
_PLACES = 4096  # commands at once; those beyond are not noted
_SIZE = _BOOT + _PLACES * _RECORD.size


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
    """The file of one server. Safe with several threads.

    Until its first command begins, the file tells what an earlier server left.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._map: mmap.mmap | None = None
        self._lock = threading.Lock()
        self._free = list(range(_PLACES - 1, -1, -1))
        self._places: dict[int, int] = {}

    def _begin(self) -> mmap.mmap:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Not a hole: to fill one by way of the map, on a full disk, would end the process.
            os.write(descriptor, table.boot_id().encode().ljust(_SIZE, b"\0"))
            return mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    def started(self, started: Started) -> None:
        with self._lock:
            if self._free and self._ready():
                place = self._places[started.pid] = self._free.pop()
                self._put(place, started)

    def _ready(self) -> bool:
        if self._map is None:
            try:
                self._map = self._begin()
            except (
                OSError,
                ValueError,
            ) as error:  # a full disk must not keep commands from running
                _log.warning("Commands that run are not noted in %s: %s", self._path, error)
        return self._map is not None

    def ended(self, pid: int) -> None:
        with self._lock:
            place = self._places.pop(pid, None)
            if place is not None:
                self._put(place, Started(0, 0, 0))
                self._free.append(place)

    def _put(self, place: int, started: Started) -> None:
        assert self._map is not None
        offset = _BOOT + place * _RECORD.size
        _RECORD.pack_into(self._map, offset, started.pid, started.after, started.before)


def leftovers(folder: Path) -> list[Started]:
    """The commands that a server which is gone had started, and that still run."""
    try:
        data = (folder / _FILE).read_bytes()
    except FileNotFoundError:
        return []
    boot = table.boot_id().encode()
    if not boot or data[:_BOOT].rstrip(b"\0") != boot:
        return []
    whole = len(data) - (len(data) - _BOOT) % _RECORD.size
    found = (Started(*record) for record in _RECORD.iter_unpack(data[_BOOT:whole]))
    return [started for started in found if started.pid and started.alive()]
