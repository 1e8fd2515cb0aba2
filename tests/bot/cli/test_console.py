from __future__ import annotations

import os

import pytest

from bot.cli.console import Console, TaskOutput


@pytest.mark.parametrize(("level", "shown"), [("error", 1), ("warn", 2), ("info", 3)])
def test_levels(capfd, level, shown):
    console = Console(level)

    for each in ("error", "warn", "info", "debug"):
        console.line(each, "message", "+a")

    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == shown
    assert "[ERROR]" in lines[0]
    assert lines[0].endswith("@+a): message")


def test_a_tasks_own_words_end_with_their_line(capfd):
    output = TaskOutput(Console("info"), "+a")

    output.write("one")
    output.write("two\n")
    output.write("")
    os.write(output.fileno(), b"three\n")

    assert capfd.readouterr().out == "one\ntwo\nthree\n"


def test_order_is_kept_with_what_python_prints(capfd):
    console = Console("info")

    print("first", flush=False)
    console.write(b"second\n")

    assert capfd.readouterr().out == "first\nsecond\n"


def test_skipped_tasks_are_named(capfd):
    Console("warn").skipped("+main+a")

    assert capfd.readouterr().out.endswith("@+main+a): Skipped\n")
