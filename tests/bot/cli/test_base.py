from __future__ import annotations

import argparse
import os

import pytest

from bot.cli.base import (
    Command,
    CommandFailed,
    Parser,
    WrongUsage,
    execute,
    one_of,
    unknown,
)
from engine.errors import ConfigError


def command(run=lambda options: 0) -> Command:
    def configure(parser: Parser) -> None:
        parser.add_argument("name")
        parser.add_argument("--format", type=one_of("text", "json"))
        parser.add_argument("-d", action="store_true")
        parser.add_argument("-E", action="store_true")

    return Command("Does something.", configure, run)


def failing(error: BaseException) -> Command:
    def run(options: argparse.Namespace) -> int:
        raise error

    return command(run)


class TestMistakes:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["a", "--formt", "json"], "unknown option: --formt (did you mean '--format'?)"),
            (["a", "--formt=json"], "unknown option: --formt (did you mean '--format'?)"),
            (["a", "--form", "json"], "unknown option: --form (did you mean '--format'?)"),
            (["--formt", "json"], "unknown option: --formt (did you mean '--format'?)"),
            (["a", "--format", "jsn"], "unknown value: jsn (did you mean 'json'?)"),
            (["a", "b"], "unexpected argument: b"),
            ([], "required: name"),
            (["a", "-l", "loud"], "Unknown log level 'loud'"),
        ],
    )
    def test_end_with_2_and_name_the_nearest(self, capsys, words, said):
        assert execute("thing", command(), words) == 2

        err = capsys.readouterr().err
        assert err.startswith("error: ")
        assert said in err
        assert "usage: digbot thing" in err

    def test_found_by_the_command_itself(self, capsys):
        assert execute("thing", failing(WrongUsage("not together")), ["a"]) == 2
        assert "error: not together" in capsys.readouterr().err


class TestFailures:
    @pytest.mark.parametrize(
        "error", [CommandFailed("it broke"), ConfigError("it broke"), OSError("it broke")]
    )
    def test_are_one_sentence(self, capsys, error):
        assert execute("thing", failing(error), ["a"]) == 1
        assert capsys.readouterr().err == "error: it broke\n"

    def test_may_have_hints(self, capsys):
        execute("thing", failing(CommandFailed("it broke", hints=["try again"])), ["a"])

        assert capsys.readouterr().err == "error: it broke\ntry again\n"

    @pytest.mark.parametrize("level", ["debug", "trace"])
    def test_show_their_trace_when_asked(self, capsys, level):
        execute("thing", failing(CommandFailed("it broke")), ["a", "-l", level])

        assert "Traceback" in capsys.readouterr().err

    def test_a_reader_that_has_seen_enough(self, capfd):
        kept = os.dup(1)
        try:
            assert execute("thing", failing(BrokenPipeError()), ["a"]) == 1
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        assert capfd.readouterr().err == ""


def test_the_code_of_the_command():
    assert execute("thing", command(lambda options: 7), ["a"]) == 7


def test_short_options_stand_together():
    parser = Parser("x", "")
    command().configure(parser)

    found = parser.parse(["-dE", "a"])

    assert found.d
    assert found.E


def test_words_that_are_far_away_are_not_guessed():
    assert unknown("option", "--zzzzzz", ["--format"]) == "unknown option: --zzzzzz"
