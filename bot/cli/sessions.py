"""digbot sessions [PROJECT [WORKFLOW]], digbot session ID, digbot session PROJECT ID (cli.md §7, §9)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import block, hint, say
from bot.cli.paging import add_paging, page
from bot.cli.show import session
from bot.client.api import Client, Json


def configure(parser: Parser) -> None:
    parser.add_argument(
        "of", metavar="ID | PROJECT", nargs="?", help="a session's id, or a project's name"
    )
    parser.add_argument(
        "which", metavar="WORKFLOW | ID", nargs="?", help="a workflow's name, or a session's id"
    )
    add_paging(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    single = _single(options)
    if single:
        say(block(session(client.session(single))))
        return 0
    found = _find(client, options)
    say("Sessions:")
    for entry in reversed(found):
        say(block(session(entry)))
        say()
    if not found:
        hint("Use `digbot start` to start a session.")
    return 0


def _single(options: argparse.Namespace) -> str | None:
    """The id of the one session asked for: the last argument, when it is a number."""
    last = options.which or options.of
    return last if last and last.isdigit() else None


def _find(client: Client, options: argparse.Namespace) -> list[Json]:
    if not options.of:
        return client.sessions(**page(options))
    project = project_named(client, options.of)
    return client.sessions(project["id"], workflow=options.which, **page(options))


command = Command("List sessions, or show one.", configure, run)
