"""digbot version (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect
from bot.cli.output import say


def configure(parser: Parser) -> None:
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    from importlib.metadata import version

    say(f"Client version: {version('digbot')}")
    say(f"Server version: {connect(options).version()}")
    return 0


command = Command("Show the versions of client and server.", configure, run)
