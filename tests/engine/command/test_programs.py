from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from engine.command.programs import ProgramGate


def begin(action: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


def test_nobody_starts_a_process_while_a_program_is_written() -> None:
    gate = ProgramGate()
    seen: list[str] = []

    def start() -> None:
        with gate.starting():
            seen.append("started")

    with gate.writing():
        thread = begin(start)
        thread.join(0.05)
        seen.append("written")
    thread.join(10)
    assert seen == ["written", "started"]


def test_many_start_at_once() -> None:
    gate = ProgramGate()
    together = threading.Barrier(4, timeout=10)

    def start() -> None:
        with gate.starting():
            together.wait()

    threads = [begin(start) for _ in range(4)]
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def test_who_waits_to_write_goes_before_new_starts() -> None:
    gate = ProgramGate()
    order: list[str] = []
    under_way, go_on = threading.Event(), threading.Event()

    def long_start() -> None:
        with gate.starting():
            under_way.set()
            go_on.wait(10)
        order.append("first start")

    def write() -> None:
        with gate.writing():
            order.append("write")

    def late_start() -> None:
        with gate.starting():
            order.append("late start")

    threads = [begin(long_start)]
    under_way.wait(10)
    threads.append(begin(write))
    threads[-1].join(0.05)
    threads.append(begin(late_start))
    threads[-1].join(0.05)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert order.index("write") < order.index("late start")


def test_an_error_leaves_the_gate_open() -> None:
    gate = ProgramGate()
    passed: list[str] = []
    for enter in (gate.starting, gate.writing):
        with pytest.raises(FileNotFoundError), enter():
            raise FileNotFoundError

    def both() -> None:
        with gate.writing():
            passed.append("written")
        with gate.starting():
            passed.append("started")

    begin(both).join(10)
    assert passed == ["written", "started"]
