from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.files import tail
from engine.files.logs import LogStore
from engine.files.tail import Tail

NOON = datetime(2024, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def logs(tmp_path: Path) -> LogStore:
    return LogStore(tmp_path / "logs", "agent")


@pytest.fixture
def attempt() -> Any:
    return SimpleNamespace(
        project_id=1,
        workflow_name="main",
        session_time=NOON,
        timezone="UTC",
        retry_attempt_name=None,
        created_at=NOON,
    )


def begin(logs: LogStore, attempt: Any, full_name: str) -> Any:
    run = SimpleNamespace(
        **vars(attempt),
        attempt_created_at=NOON,
        project_name="etl",
        session_id=1,
        attempt_id=1,
        full_name=full_name,
    )
    return logs.open(run)


def text(found: Tail, limit: int = 1_000_000) -> str:
    return "".join(piece.text for piece in found.read(limit))


def test_goes_on_where_it_stopped(logs, attempt):
    found = Tail(logs, attempt)
    assert text(found) == ""
    log = begin(logs, attempt, "+main+a")

    log.write("one\n")
    assert text(found) == "one\n"
    assert text(found) == ""
    log.write("two")
    assert text(found) == "two"
    log.close()
    assert text(found) == ""


def test_a_file_that_is_compressed_meanwhile(logs, attempt):
    found = Tail(logs, attempt)
    log = begin(logs, attempt, "+main+a")
    log.write("begun\n")
    assert text(found) == "begun\n"

    log.write("x" * 10_000)
    log.close()

    assert [path.suffix for path in logs.folder_of(attempt).iterdir()] == [".gz"]
    assert text(found) == "x" * 10_000
    assert text(found) == ""
    assert text(Tail(logs, attempt)) == "begun\n" + "x" * 10_000


def test_pieces_know_their_place(logs, attempt):
    log = begin(logs, attempt, "+main+ä")
    log.write("é\n")
    found = Tail(logs, attempt)

    (first,) = found.read(100)
    log.write("more")
    (second,) = found.read(100)

    assert (first.task_name, first.offset, first.size) == ("+main+ä", 0, 3)
    assert (second.offset, second.size, second.name) == (3, 4, first.name)
    log.close()


def test_characters_are_never_cut(logs, attempt):
    found = Tail(logs, attempt)
    log = begin(logs, attempt, "+main+a")

    log.write_bytes("a é".encode()[:3])
    assert text(found) == "a "
    log.write_bytes("é".encode()[1:] + b"\xff\n")
    assert text(found) == "é\ufffd\n"
    log.close()


def test_only_tasks_that_begin_like_this(logs, attempt):
    for name in ("+main+a", "+main+a+sub", "+main+b"):
        log = begin(logs, attempt, name)
        log.write(f"{name}\n")
        log.close()

    assert text(Tail(logs, attempt, "+main+a")) == "+main+a\n+main+a+sub\n"
    assert text(Tail(logs, attempt, "+main+zzz")) == ""


def test_as_much_as_is_asked_for(logs, attempt, monkeypatch):
    monkeypatch.setattr(tail, "PIECE", 4)
    for name, data in (("+main+a", "123456789"), ("+main+b", "x")):
        log = begin(logs, attempt, name)
        log.write(data)
        log.close()
    found = Tail(logs, attempt)

    assert text(found, 4) == "1234"
    assert text(found, 5) == "5678x"
    assert text(found, 5) == "9"
    assert text(found, 5) == ""


def test_names_too_long_for_a_file(logs, attempt):
    name = "+main+" + "ä" * 150
    log = begin(logs, attempt, name)
    log.write("x")
    log.close()

    (piece,) = Tail(logs, attempt, name).read(10)

    assert piece.task_name == name
