"""What every command is made of: options, mistakes, and how an error ends the program.

Exit codes (cli.md §10): 0 done, 1 it failed, 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import NamedTuple, NoReturn

from engine.errors import EngineError

LOG_LEVELS = ("error", "warn", "info", "debug", "trace")


class CommandFailed(Exception):
    """What was asked for cannot be done; the message is all the user sees. Exit code 1."""

    def __init__(self, message: str, *, hints: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hints = hints


class WrongUsage(Exception):
    """The command line is wrong. Exit code 2."""


class Command(NamedTuple):
    """`configure` adds the options, `run` does the work and gives the exit code."""

    about: str
    configure: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Options as Digdag's: no abbreviations, and a mistake is answered with the nearest word."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            allow_abbrev=False,
            add_help=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument(
            "-h", "--help", "-help", action="help", help="show this text and do nothing"
        )

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(message)

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options. Raises `WrongUsage`."""
        self._refuse_unknown(arguments)
        options, extra = self.parse_known_args(list(arguments))
        if not extra:
            return options
        word = extra[0]
        if word.startswith("-") and len(word) > 1:
            raise WrongUsage(unknown("option", word.partition("=")[0], self.option_words()))
        raise WrongUsage(f"unexpected argument: {word}")

    def _refuse_unknown(self, arguments: Sequence[str]) -> None:
        """A mistyped option first: it is why another one seems to be missing."""
        known = self.option_words()
        for word in arguments:
            name = word.partition("=")[0]
            if name == "--":
                return
            if name.startswith("--") and name not in known:
                raise WrongUsage(unknown("option", name, known))

    def option_words(self) -> list[str]:
        return [word for action in self._actions for word in action.option_strings]


def one_of(*known: str) -> Callable[[str], str]:
    """An option's type: one of these words."""

    def convert(word: str) -> str:
        if word in known:
            return word
        raise argparse.ArgumentTypeError(
            f"{unknown('value', word, known)} (expected {', '.join(known)})"
        )

    return convert


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """`unknown option: --formt (did you mean '--format'?)`"""
    from engine.dig.suggest import did_you_mean

    return f"unknown {kind}: {word}{did_you_mean(word, known)}"


def add_common(parser: Parser) -> None:
    """The options of every command (cli.md §1)."""
    group = parser.add_argument_group("common options")
    group.add_argument("-c", "--config", metavar="PATH", help="file with settings (key = value)")
    group.add_argument("-L", "--log", metavar="PATH", default="-", help="write log lines there")
    group.add_argument(
        "-l", "--log-level", type=log_level, default="info", metavar="LEVEL", help="least level"
    )
    group.add_argument(
        "-X", action="append", default=[], metavar="KEY=VALUE", dest="settings", help="a setting"
    )
    group.add_argument("--version", action="store_true", help="show the version and do nothing")


def log_level(word: str) -> str:
    if word not in LOG_LEVELS:
        raise argparse.ArgumentTypeError(
            f"Unknown log level '{word}' (expected {', '.join(LOG_LEVELS)})"
        )
    return word


def execute(name: str, command: Command, arguments: Sequence[str]) -> int:
    """Parse, run, and turn whatever goes wrong into a message and an exit code.

    What a command adds to `options.cleanup` is done when it has ended.
    """
    parser = Parser(f"digbot {name}", command.about)
    command.configure(parser)
    add_common(parser)
    try:
        options = parser.parse(arguments)
    except WrongUsage as mistake:
        return _wrong(parser, mistake)
    except SystemExit as end:  # how argparse ends after --help
        return int(end.code or 0)
    with ExitStack() as options.cleanup:
        return guarded(parser, options, command.run)


def guarded(
    parser: Parser, options: argparse.Namespace, run: Callable[[argparse.Namespace], int]
) -> int:
    try:
        code = run(options)
        sys.stdout.flush()
    except WrongUsage as mistake:
        return _wrong(parser, mistake)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (CommandFailed, EngineError, OSError) as error:
        return _failed(error, options)
    return code


def _wrong(parser: Parser, mistake: WrongUsage) -> int:
    print(f"error: {mistake}", file=sys.stderr)
    print(f"{parser.format_usage().strip()}\n`{parser.prog} --help` says more.", file=sys.stderr)
    return 2


def _failed(error: Exception, options: argparse.Namespace) -> int:
    if options.log_level in ("debug", "trace"):
        import traceback

        traceback.print_exception(error)
    print(f"error: {error}", file=sys.stderr)
    for hint in getattr(error, "hints", ()):
        print(hint, file=sys.stderr)
    return 1
