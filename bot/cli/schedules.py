"""digbot schedules [PROJECT] (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import block, hint, say
from bot.cli.show import schedule
from bot.client.api import Client, Json


def configure(parser: Parser) -> None:
    parser.add_argument("project", metavar="PROJECT", nargs="?")
    parser.add_argument("-i", "--last-id", type=int, metavar="ID", help="show those after this")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    found = _find(connect(options), options)
    say("Schedules:")
    for entry in found:
        say(block(schedule(entry)))
        say()
    say(f"{len(found)} entries.")
    hint("Use `digbot workflows [project-name] [name]` to show workflow details.")
    return 0


def _find(client: Client, options: argparse.Namespace) -> list[Json]:
    if not options.project:
        return client.schedules(last_id=options.last_id)
    project = project_named(client, options.project)
    return client.project_schedules(project["id"], last_id=options.last_id)


command = Command("List schedules and when they run next.", configure, run)
