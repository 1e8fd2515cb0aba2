"""digbot attempt ID: one attempt, where it came from and what it triggered."""

from __future__ import annotations

import argparse

from bot.cli.attempts import print_attempt
from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, number


def configure(parser: Parser) -> None:
    parser.add_argument("attempt", metavar="ATTEMPT", help="id of the attempt")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    attempt_id = number(options.attempt)
    print_attempt(client.attempt_with_origin(attempt_id) or client.attempt(attempt_id))
    return 0


command = Command("Show one attempt.", configure, run)
