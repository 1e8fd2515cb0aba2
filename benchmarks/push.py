"""P8: a push of one changed file, from the request that carries it to the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, Measure, median
from tests.support.remote import Clone
from tests.support.server import Server

ROUNDS = 11
WORKFLOWS = 100


def workflow(number: int, word: str) -> str:
    """Ten tasks and a schedule, as a project that has grown has them."""
    head = f"timezone: UTC\nschedule:\n  daily>: {number % 24:02}:00:00\n_export:\n  word: {word}\n"
    tasks = [f"+t{task}:\n  echo>: '${{word}} {task} of {number}'\n" for task in range(10)]
    return head + "".join(tasks)


def push(folder: Path) -> list[Figure]:
    with Server(folder / "server") as server:
        clone = Clone(server, folder / "clone", "large")
        clone.commit({f"etl/w{n:03}.dig": workflow(n, "first") for n in range(WORKFLOWS)})
        first = timed(lambda: clone.push().ok())
        requests = [request(clone, number) for number in range(ROUNDS)]
        whole = [git_push(clone, number) for number in range(ROUNDS)]
    return [
        Figure("one changed file", 1000 * median(requests), "ms", goal=250),
        Figure("git push as typed", 1000 * median(whole), "ms"),
        Figure("the first push, all new", 1000 * first, "ms"),
    ]


def request(clone: Clone, number: int) -> float:
    """The request alone: what the server is answerable for."""
    old = clone.head()
    new = clone.commit({"etl/w007.dig": workflow(7, f"request {number}")})
    body = clone.request(old, new)

    def send() -> None:
        answer = clone.send(body)
        if b"ok refs/heads/main" not in answer:
            raise SystemExit(f"the push was not accepted: {answer!r}")

    seconds = timed(send)
    clone.git("fetch", "--quiet", "origin")
    return seconds


def git_push(clone: Clone, number: int) -> float:
    clone.commit({"etl/w007.dig": workflow(7, f"push {number}")})
    return timed(lambda: clone.push().ok())


def timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


MEASURES = [Measure("P8", f"push to a project of {WORKFLOWS} workflows", push)]
