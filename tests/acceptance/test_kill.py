"""A server that dies at any moment, under load: every attempt ends, nothing is lost, and no task that
was recorded as succeeded runs again.

Three kills in the suite; `DIGBOT_KILLS=25 make test ARGS=tests/acceptance/test_kill.py` is the long one.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.states import TaskState
from engine.store import tasks as stored_tasks
from engine.store.database import Database
from tests.support.server import Refused, Server

KILLS = int(os.environ.get("DIGBOT_KILLS", "3"))
ATTEMPTS = 20  # under way at once
WIDTH = 15  # parallel tasks of each: 300 in flight
WAVES = 3
ENDS_WITHIN = 60 + 4 * KILLS  # seconds

WORK = """#!/bin/sh
echo "begin $1" >> "$journal"
sleep "$2"
echo "end $1" >> "$journal"
"""


def workflow() -> str:
    """Waves of parallel tasks, one wave after the other; each fifth task runs inside the engine."""
    lines = []
    for wave in range(WAVES):
        lines += [f"+wave{wave}:", "  _parallel: true"]
        for number in range(WIDTH):
            lines += [f"  +t{number}:", f"    {task(number)}"]
    return "\n".join(lines) + "\n"


def task(number: int) -> str:
    if number % 5 == 4:
        return 'echo>: "${attempt_id}${task_name}"'
    return f'sh>: ./work.sh "${{attempt_id}}${{task_name}}" 0.{number:02}'


class Load:
    """Attempts that are kept coming, and what their tasks wrote down."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.journal = server.folder / "journal"
        self.journal.touch()
        self.acknowledged: list[str] = []
        self.number = 0
        self.project = server.upload("load", {"main.dig": workflow(), "work.sh": WORK})

    def fill(self) -> None:
        """Start attempts until as many as wanted are under way."""
        running = sum(not attempt["done"] for attempt in self.server.attempts())
        for _ in range(ATTEMPTS - running):
            self.start()

    def start(self) -> None:
        self.number += 1
        time_of = f"2024-01-{1 + self.number // 24:02}T{self.number % 24:02}:00:00+00:00"
        params = {"journal": str(self.journal)}
        self.acknowledged.append(
            self.server.start(self.project, "main", session_time=time_of, params=params)
        )

    def begun(self) -> Counter[str]:
        """How often each task began to run: "31+main+wave0+t1" -> 1."""
        return self.lines("begin ")

    def ended(self) -> Counter[str]:
        return self.lines("end ")

    def lines(self, start: str) -> Counter[str]:
        lines = self.journal.read_text().splitlines()
        return Counter(line.removeprefix(start) for line in lines if line.startswith(start))


def succeeded(server: Server, attempt_ids: list[str]) -> set[str]:
    """The tasks that a dead server's database holds as succeeded, named as in the journal."""
    database = Database.open(f"sqlite:///{server.data}/digbot.db", migrate=False)
    try:
        with database.read() as tx:
            return {
                f"{attempt_id}{task.full_name}"
                for attempt_id in attempt_ids
                for task in stored_tasks.shown(tx, int(attempt_id))
                if task.state is TaskState.SUCCESS
            }
    finally:
        database.close()


def failures(server: Server, attempt_ids: list[str]) -> list[tuple[str, str, str]]:
    """(attempt, task, message) of all that went wrong."""
    return [
        (attempt_id, task["fullName"], task["error"].get("message", task["state"]))
        for attempt_id in attempt_ids
        if server.attempt(attempt_id)["status"] != "success"
        for task in server.tasks(attempt_id)
        if task["state"] != "success"
    ]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "server") as running:
        yield running


@pytest.mark.slow
def test_nothing_is_lost_and_no_success_is_repeated(server):
    load = Load(server)
    recorded: dict[str, int] = {}  # a task recorded as succeeded -> how often it had begun by then

    for _ in range(KILLS):
        load.fill()
        time.sleep(random.uniform(0.05, 1.0))
        server.kill9()
        begun = load.begun()
        for name in succeeded(server, load.acknowledged):
            recorded.setdefault(name, begun[name])
        server.boot()

    for attempt_id in load.acknowledged:
        server.wait(attempt_id, timeout=ENDS_WITHIN, pause=0.1)
    begun, ended = load.begun(), load.ended()
    states = Counter(state for a in load.acknowledged for state in server.states(a).values())
    expected = {
        f"{attempt}+main+wave{wave}+t{number}"
        for attempt in load.acknowledged
        for wave in range(WAVES)
        for number in range(WIDTH)
        if number % 5 != 4
    }
    assert failures(server, load.acknowledged) == []
    assert recorded, "the kills came before anything had succeeded"
    assert {name: begun[name] for name in recorded} == recorded
    assert set(ended) == expected
    assert states == {"success": len(load.acknowledged) * (1 + WAVES * (WIDTH + 1))}
    assert {attempt["status"] for attempt in server.attempts()} == {"success"}


@pytest.mark.slow
def test_an_answered_start_survives_a_kill_right_after_it(server):
    load = Load(server)

    for _ in range(3):
        load.start()
        server.kill9()
        server.boot()

    for attempt_id in load.acknowledged:
        assert server.wait(attempt_id)["status"] == "success"


@pytest.mark.slow
def test_what_a_killed_server_left_running_is_stopped(server):
    pids = server.folder / "pids"
    script = f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 60\n"
    project = server.upload("long", {"main.dig": "+a:\n  sh>: ./run.sh\n", "run.sh": script})
    attempt = server.start(project, "main")
    server.until(lambda: pids.exists() and pids.read_text().count("\n") == 1, "the task runs")
    server.kill9()
    first = int(pids.read_text())
    assert alive(first)

    server.boot()

    server.until(lambda: not alive(first), "the old process is gone", timeout=10)
    server.until(lambda: pids.read_text().count("\n") == 2, "the task runs again", timeout=10)
    server.call("POST", f"/api/attempts/{attempt}/kill", {})
    assert server.wait(attempt)["status"] == "killed"
    server.until(lambda: not alive(int(pids.read_text().split()[1])), "it is stopped", timeout=10)


@pytest.mark.slow
def test_an_orderly_stop_hands_running_tasks_back(server):
    project = server.upload("slow", {"main.dig": "+a:\n  sh>: sleep 0.5; echo MARK done\n"})
    attempt = server.start(project, "main")
    server.until(lambda: "running" in server.states(attempt).values(), "the task runs")

    assert server.stop() == 0
    server.boot()

    assert server.wait(attempt)["status"] == "success"
    assert "MARK done" in server.task_log(attempt)


def alive(pid: int) -> bool:
    """False too for a zombie, whose parent has not asked for its end yet."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.slow
def test_a_killed_servers_folder_serves_one_at_a_time(server, tmp_path):
    second = Server(tmp_path / "server")
    second.log = tmp_path / "second.log"

    with pytest.raises(AssertionError, match="the server ended"):
        second.boot()

    assert server.call("GET", "/api/projects") == {"projects": []}
    assert "Traceback" not in second.output()
    with pytest.raises(Refused, match="404"):
        server.call("GET", "/api/projects/1")
