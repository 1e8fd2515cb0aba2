"""digbot migrate run | check: bring a database to this version's form (cli.md §6)."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.base import Command, Parser, WrongUsage, one_of
from bot.cli.connect import settings
from bot.cli.output import say


def configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar="run|check", type=one_of("run", "check"))
    parser.add_argument("-o", "--database", metavar="DIR", help="the server's data folder")


def run(options: argparse.Namespace) -> int:
    from bot.database import migrate, pending

    url = _url(options)
    if options.verb == "check":
        waiting = pending(url)
        for version in waiting:
            say(version)
        if not waiting:
            say("No update")
        return 0
    say("Migrations successfully finished" if migrate(url) else "No update")
    return 0


def _url(options: argparse.Namespace) -> str:
    from bot.database import url_of

    if options.database is None and options.config is None:
        raise WrongUsage("--database, or --config option is required")
    folder = Path(options.database) if options.database else None
    return url_of(folder, settings(options))


command = Command("Bring a database to this version's form.", configure, run)
