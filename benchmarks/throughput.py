"""P1, P2, P3: how many tasks a second, from the request to start until the attempt is done."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.figures import MORE, Figure, Measure, median
from tests.support.server import Server

ROUNDS = 5
COMMANDS = 200
ECHOES = 1000


def rate(server: Server, name: str, files: dict[str, str], tasks: int) -> float:
    """Tasks per second, the median of some rounds after one to warm up."""
    workflow = server.workflow(server.upload(name, files), "main")
    seconds = [run(server, workflow, hour) for hour in range(ROUNDS + 1)]
    return tasks / median(seconds[1:])


def run(server: Server, workflow: str, hour: int) -> float:
    session_time = f"2024-01-02T{hour:02}:00:00+00:00"
    body = {"workflowId": workflow, "sessionTime": session_time, "params": {}}
    begin = time.perf_counter()
    attempt = server.call("PUT", "/api/attempts", body)["id"]
    end = server.wait(attempt, timeout=120)
    seconds = time.perf_counter() - begin
    if end["status"] != "success":
        raise SystemExit(f"attempt {attempt} ended with {end['status']}\n{server.output()}")
    return seconds


def fan_out(count: int, task: str) -> str:
    return "_parallel: true\n" + chain(count, task)


def chain(count: int, task: str) -> str:
    return "".join(f"+t{number}:\n  {task}\n" for number in range(count))


def commands(folder: Path) -> list[Figure]:
    small = {"main.dig": fan_out(COMMANDS, "sh>: /bin/true")}
    large = small | {f"files/{n}.sql": "select 1;\n" * 200 for n in range(19)}
    with Server(folder) as server:
        return [
            Figure("1 file", rate(server, "small", small, COMMANDS), "tasks/s", MORE, 700),
            Figure("20 files", rate(server, "large", large, COMMANDS), "tasks/s", MORE, 400),
        ]


def echoes_in_parallel(folder: Path) -> list[Figure]:
    files = {"main.dig": fan_out(ECHOES, "echo>: hello")}
    with Server(folder) as server:
        return [Figure("fan-out", rate(server, "wide", files, ECHOES), "tasks/s", MORE, 2000)]


def echoes_in_a_row(folder: Path) -> list[Figure]:
    files = {"main.dig": chain(ECHOES, "echo>: hello")}
    with Server(folder) as server:
        return [Figure("chain", rate(server, "long", files, ECHOES), "tasks/s", MORE, 1000)]


MEASURES = [
    Measure("P1", f"{COMMANDS} parallel sh>: /bin/true", commands),
    Measure("P2", f"{ECHOES} echo> side by side", echoes_in_parallel),
    Measure("P3", f"{ECHOES} echo> in a row", echoes_in_a_row),
]
