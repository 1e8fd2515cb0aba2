"""digbot projects [NAME] (cli.md §7); `digbot list` is the same (§9)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import block, hint, say
from bot.cli.show import project


def configure(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="show this project only")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="how many (100)")
    parser.add_argument("--last-id", type=int, metavar="ID", help="show those after this")
    parser.add_argument("--name", dest="part", metavar="PART", help="only names with this part")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    if options.name:
        found = [project_named(client, options.name)]
    else:
        found = client.projects(
            count=options.count, last_id=options.last_id, name_pattern=options.part
        )
    say("Projects")
    for entry in found:
        say(block(project(entry)))
        say()
    hint("Use `digbot workflows <project-name>` to show details.")
    return 0


command = Command("List projects.", configure, run)
