"""P15: from the request to start until the first task's process runs.

The process opens a named pipe; the reader's own `open` returns at that moment.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from benchmarks.figures import Figure, Measure, median, percentile
from tests.support.server import Server

ROUNDS = 200
WARM_UP = 5


def first_process(folder: Path) -> list[Figure]:
    with Server(folder / "server") as server:
        pipe = folder / "pipe"
        os.mkfifo(pipe)
        project = server.upload("quick", {"main.dig": f"+a:\n  sh>: ': > {pipe}'\n"})
        workflow = server.workflow(project, "main")
        seconds = [once(server, workflow, pipe, number) for number in range(WARM_UP + ROUNDS)]
    measured = [1000 * value for value in seconds[WARM_UP:]]
    return [
        Figure("p50", median(measured), "ms", goal=15),
        Figure("p99", percentile(measured, 99), "ms", goal=60),
    ]


def once(server: Server, workflow: str, pipe: Path, number: int) -> float:
    opened: list[float] = []

    def read() -> None:
        handle = os.open(pipe, os.O_RDONLY)
        opened.append(time.perf_counter())
        os.close(handle)

    reader = threading.Thread(target=read)
    reader.start()
    session_time = f"2024-01-{1 + number // 24:02}T{number % 24:02}:00:00+00:00"
    body = {"workflowId": workflow, "sessionTime": session_time, "params": {}}
    begin = time.perf_counter()
    attempt = server.call("PUT", "/api/attempts", body)["id"]
    reader.join(10)
    if not opened:
        raise SystemExit(f"the first task of attempt {attempt} did not run\n{server.output()}")
    server.wait(attempt)
    return opened[0] - begin


MEASURES = [Measure("P15", "request to start → first process", first_process)]
