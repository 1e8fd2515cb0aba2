"""digbot attempts [SESSION | PROJECT [WORKFLOW]]: attempts, their commits and their chains."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect
from bot.cli.output import block, hint, say
from bot.cli.paging import add_paging, page
from bot.cli.show import attempt, origin
from bot.client.api import Client, Json


def configure(parser: Parser) -> None:
    parser.add_argument(
        "of", metavar="SESSION | PROJECT", nargs="?", help="a session's id, or a project's name"
    )
    parser.add_argument("workflow", metavar="WORKFLOW", nargs="?")
    add_paging(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    found = _find(connect(options), options)
    say("Session attempts:")
    for entry in reversed(found):  # the oldest of the page first
        print_attempt(entry)
    if not found:
        hint("Use `digbot start` to start a session.")
    return 0


def print_attempt(entry: Json) -> None:
    """`entry` is ours with its origin, or Digdag's plain attempt."""
    say(block(attempt(entry.get("attempt", entry))))
    if "attempt" in entry:
        say(block(origin(entry)))
    say()


def _find(client: Client, options: argparse.Namespace) -> list[Json]:
    query = page(options)
    if options.of and options.of.isdigit() and not options.workflow:
        found = client.attempts_with_origin(session=options.of, **query)
        return client.session_attempts(options.of, **query) if found is None else found
    query |= {"project": options.of, "workflow": options.workflow, "include_retried": True}
    found = client.attempts_with_origin(**query)
    return client.attempts(**query) if found is None else found


command = Command("List attempts, with the commit each ran from.", configure, run)
