"""digbot migrate run | check: bring a database to this version's form (cli.md §6)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli.base import Command, Parser, WrongUsage, one_of
from bot.cli.connect import settings
from bot.cli.data import data_folder, database_url
from bot.cli.output import say

if TYPE_CHECKING:
    from engine.store.versions import Branch


def configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar="run|check", type=one_of("run", "check"))
    parser.add_argument("-o", "--database", metavar="DIR", help="the server's data folder")


def run(options: argparse.Namespace) -> int:
    """`check` prints one version per line that is still to be applied."""
    if options.database is None and options.config is None:
        raise WrongUsage("--database, or --config option is required")
    config = settings(options)
    url = database_url(data_folder(options.database, config), config)
    waiting = _pending(url)
    if options.verb == "check":
        say("No table exist" if waiting is None else "\n".join(waiting) or "No update")
    elif waiting == []:
        say("No update")
    else:
        _migrate(url)
        say("Migrations successfully finished")
    return 0


def _branches() -> list[Branch]:
    from bot.store import BRANCH
    from engine.store.database import ENGINE

    return [ENGINE, BRANCH]


def _pending(url: str) -> list[str] | None:
    """Versions still to be applied; None for a database without tables."""
    from engine.store.database import Database
    from engine.store.versions import missing, outdated

    database = Database.connect(url)
    try:
        with database.read() as tx:
            new = missing(tx.connection, _branches())
            if len(new) == len(_branches()):
                return None
            old = outdated(tx.connection, _branches())
    finally:
        database.close()
    return [branch.revisions[-1] for branch in (*new, *old)]


def _migrate(url: str) -> None:
    from engine.store.database import Database

    Database.open(url, branches=_branches()).close()


command = Command("Bring a database to this version's form.", configure, run)
