"""What this machine can do at all, beside the machine that the goals were set on (performance.md §2).

Goals are ratios: where a process starts at half the speed, `sh>` cannot be as quick.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

from benchmarks.figures import Figure

SECONDS = 1.0
THREADS = 4
GOALS_MACHINE = {"processes": 2_300, "commits": 7_700}


def machine(folder: Path) -> list[Figure]:
    """For information; the goals' machine is named in `line`."""
    return [
        Figure("processes", processes(), "sh -c true/s, four threads"),
        Figure("commits", commits(folder), "SQLite commits/s, full sync"),
    ]


def line(figures: list[Figure]) -> str:
    parts = [
        f"{figure.value:,.0f} {figure.unit} ({figure.value / GOALS_MACHINE[figure.what]:.0%})"
        for figure in figures
    ]
    return "against the machine of the goals: " + ", ".join(parts)


def processes() -> float:
    end = time.perf_counter() + SECONDS
    counts = [0] * THREADS

    def work(index: int) -> None:
        while time.perf_counter() < end:
            pid = os.posix_spawn("/bin/sh", ["sh", "-c", "true"], os.environ, setsid=True)
            os.waitpid(pid, 0)
            counts[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def commits(folder: Path) -> float:
    database = sqlite3.connect(folder / "commits.db", isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table t (id integer primary key, n integer)")
    database.execute("insert into t values (1, 0)")
    end = time.perf_counter() + SECONDS
    count = 0
    while time.perf_counter() < end:
        database.execute("update t set n = n + 1 where id = 1")
        count += 1
    database.close()
    return count / SECONDS
