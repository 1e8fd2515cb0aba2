"""digbot disable SCHEDULE-ID | PROJECT [NAME] (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect
from bot.cli.enable import add_which, chosen
from bot.cli.output import say


def configure(parser: Parser) -> None:
    add_which(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    for schedule_id in chosen(client, options):
        client.disable_schedule(schedule_id)
        say(f"Disabled schedule id: {schedule_id}")
    return 0


command = Command("Disable schedules.", configure, run)
