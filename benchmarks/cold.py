"""P5: the command line from nothing, as one types it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.figures import Figure, Measure, median
from tests.support.server import BIN, clean_environment

ROUNDS = 15


def cold(folder: Path) -> list[Figure]:
    (folder / "main.dig").write_text("+a:\n  echo>: hello\n")
    environment = clean_environment(folder)
    run, memory = timed(["run", "main", "--no-save"], folder, environment)
    check, _ = timed(["check"], folder, environment)
    usage, _ = timed(["--help"], folder, environment)
    return [
        Figure("run, one task", run, "s", goal=0.25),
        Figure("run, memory", memory, "MiB", goal=50),
        Figure("check", check, "s", goal=0.12),
        Figure("--help", usage, "s", goal=0.12),
    ]


def timed(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """(seconds, MiB at most) of a command; medians, after a first run that writes byte code."""
    runs = [once([str(BIN / "digbot"), *words], folder, environment) for _ in range(ROUNDS + 1)]
    seconds, memory = zip(*runs[1:], strict=True)
    return median(seconds), median(memory)


def once(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    null = os.open(os.devnull, os.O_RDWR)
    begin = time.perf_counter()
    here = os.getcwd()
    os.chdir(folder)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
        pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
    finally:
        os.chdir(here)
        os.close(null)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


MEASURES = [Measure("P5", "cold start of the command line", cold)]
