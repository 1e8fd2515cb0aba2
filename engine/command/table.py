"""The system's table of processes: who lives, and since when."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_DEAD = frozenset("ZX")  # zombies and the like


def boot_id() -> str:
    """Another one after each boot of the machine; empty where there is none."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def uptime_ticks() -> int:
    """Clock ticks since boot, the unit of `start_ticks`."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return int(time.clock_gettime(clock) * _TICKS)


def start_ticks(pid: int) -> int | None:
    """When a living process began; None when there is no such process, or no such table."""
    fields = _stat(pid)
    if fields is None or fields[0] in _DEAD:
        return None
    return int(fields[19])


def live_groups() -> set[int]:
    """The ids of all process groups that have a living member."""
    if not (_PROC / "self/stat").exists():
        return _live_groups_by_ps()
    found = set()
    for name in os.listdir(_PROC):
        if name.isdigit():
            fields = _stat(int(name))
            if fields is not None and fields[0] not in _DEAD:
                found.add(int(fields[2]))
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields after the program's name, which may itself hold blanks and brackets (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _live_groups_by_ps() -> set[int]:
    table = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=False
    )
    rows = (line.split() for line in table.stdout.splitlines())
    return {int(row[0]) for row in rows if len(row) == 2 and row[1][0] not in _DEAD}
