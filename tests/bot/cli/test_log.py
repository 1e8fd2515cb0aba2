from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.cli.log import Printer, _take, unzip
from bot.client.api import Client
from tests.support.cli import field

TWO = "+a:\n  echo>: one\n+b:\n  sh>: echo two; sleep 0.3; echo three\n"


@pytest.fixture
def slow(digbot, server, name) -> str:
    """The id of an attempt that begins to run."""
    Path("main.dig").write_text(TWO)
    digbot("push", name).ok()
    return field(digbot("start", name, "main", "--session", "2024-01-02").ok(), "attempt id")


class TestShow:
    def test_all_tasks(self, digbot, attempt):
        assert "hello" in digbot("log", attempt).ok()

    def test_one_task(self, digbot, slow):
        digbot("log", slow, "-f").ok()

        out = digbot("log", slow, "+main+b").ok()

        assert "two" in out
        assert "one" not in out

    def test_of_a_session_by_the_end_of_a_name(self, digbot, slow, name):
        digbot("log", slow, "-f").ok()
        session = field(digbot("attempt", slow).ok(), "session id")

        out = digbot("log", name, session, "+b").ok()

        assert "three" in out
        assert "one" not in out
        assert "one" in digbot("log", name, session).ok()

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (["99999"], 1, "session attempt id=99999"),
            (["x"], 2, 'For input string: "x"'),
            (["1", "2", "3"], 2, "unexpected argument: 3"),
            (["nobody", "SESSION"], 1, "not to 'nobody'"),
            (["NAME", "SESSION", "+zzz"], 1, "'+zzz' doesn't match with any tasks"),
        ],
    )
    def test_mistakes(self, digbot, attempt, project, words, code, said):
        session = field(digbot("attempt", attempt).ok(), "session id")
        known = {"SESSION": session, "NAME": project}

        ran = digbot("log", *(known.get(word, word) for word in words))

        assert ran.code == code
        assert said in ran.err


class TestFollow:
    def test_until_the_end(self, digbot, slow):
        out = digbot("log", slow, "--follow").ok()

        assert out.index("one") < out.index("\ntwo\n") < out.index("\nthree\n")

    def test_a_server_of_digdag(self, digbot, slow, monkeypatch):
        monkeypatch.setattr(Client, "_ours", lambda *_: None)
        monkeypatch.setattr("bot.cli.log.POLL_SECONDS", (0.02, 0.02))

        assert "\ntwo\nthree\n" in digbot("log", slow, "--follow").ok()


class TestPieces:
    def test_nothing_twice_and_nothing_missed(self, capsys):
        printer, printed = Printer(verbose=False), {}

        def take(offset: int, text: str) -> bool:
            size = len(text.encode())
            piece = {"fileName": "f", "offset": offset, "size": size, "text": text}
            return _take(piece, printed, printer)

        assert take(0, "one\ntw")
        assert not take(100, "far away")
        assert take(0, "one\ntwo\nth")
        assert take(0, "one\n")
        assert take(8, "three")
        printer.end()
        assert capsys.readouterr().out == "one\ntwo\nthree\n" or printed

    def test_tasks_that_write_at_once_keep_their_lines(self, capsys):
        printer = Printer(verbose=False)
        printer.add("a", "one ")
        printer.add("b", "other\n")
        printer.add("a", "line\n")

        assert capsys.readouterr().out == "other\none line\n"

    @pytest.mark.parametrize(("verbose", "shown"), [(False, 2), (True, 3)])
    def test_levels(self, capsys, verbose, shown):
        printer = Printer(verbose=verbose)
        printer.add(
            "f",
            "2024-01-05 07:00:01.234 +0000 [DEBUG] (1@x): detail\n"
            "2024-01-05 07:00:01.234 +0000 [INFO] (1@x): news\nDEBUG of a task\n",
        )

        assert len(capsys.readouterr().out.splitlines()) == shown


def test_a_log_without_an_end():
    whole = gzip.compress(b"one\n") + gzip.compress(b"two\n")

    assert unzip(whole) == b"one\ntwo\n"
    assert unzip(b"plain") == b""
