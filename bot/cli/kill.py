"""digbot kill ATTEMPT (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, number
from bot.cli.output import say


def configure(parser: Parser) -> None:
    parser.add_argument("attempt", metavar="ATTEMPT", help="id of the attempt")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    attempt_id = number(options.attempt)
    connect(options).kill(attempt_id)
    say(f"Kill requested for session attempt {attempt_id}")
    return 0


command = Command("Stop an attempt and its running commands.", configure, run)
