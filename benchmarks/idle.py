"""P10: what a server costs that has nothing to do."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.figures import Figure, Measure
from tests.support.server import Server

SETTLES = 60  # seconds after the start
WATCHED = 30  # seconds


def idle(folder: Path) -> list[Figure]:
    with Server(folder) as server:
        time.sleep(SETTLES)
        before = cpu_seconds(server.pid)
        time.sleep(WATCHED)
        share = (cpu_seconds(server.pid) - before) / WATCHED
        memory = resident(server.pid)
    return [
        Figure("memory", memory, "MiB", goal=80),
        Figure("processor", 100 * share, "% of a core", goal=0.3),
    ]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """MiB of the server and whatever it started and keeps."""
    pids = [pid, *children(pid)]
    return sum(pages(one) for one in pids) * os.sysconf("SC_PAGE_SIZE") / 2**20


def pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    found = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return found + [grandchild for child in found for grandchild in children(child)]


MEASURES = [Measure("P10", f"idle server, after {SETTLES} s", idle)]
