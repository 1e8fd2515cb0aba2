"""digbot delete PROJECT (cli.md §7)."""

from __future__ import annotations

import argparse
import sys

from bot.cli.base import Command, CommandFailed, Parser
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import block, hint, local, say
from bot.client.api import Json


def configure(parser: Parser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--force", action="store_true", help="do not ask")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    project = project_named(client, options.project)
    _show(project)
    if not options.force and not _agreed():
        raise CommandFailed("canceled.")
    client.delete_project(project["id"])
    hint(f"Project '{project['name']}' is deleted.")
    return 0


def _show(project: Json) -> None:
    say("Project:")
    say(
        block(
            [
                ("id", project["id"]),
                ("name", project["name"]),
                ("latest revision", project["revision"]),
                ("created at", local(project["createdAt"])),
                ("last updated at", local(project["updatedAt"])),
            ]
        )
    )


def _agreed() -> bool:
    print(
        "Are you sure you want to delete this project? [y/N]: ", end="", file=sys.stderr, flush=True
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")


command = Command("Delete a project; its sessions stay readable.", configure, run)
