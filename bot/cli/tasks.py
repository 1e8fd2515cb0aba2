"""digbot tasks ATTEMPT (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser
from bot.cli.connect import add_client, connect, number
from bot.cli.output import Block, block, local, say
from bot.client.api import Json


def configure(parser: Parser) -> None:
    parser.add_argument("attempt", metavar="ATTEMPT", help="id of the attempt")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    found = connect(options).tasks(number(options.attempt))
    for entry in found:
        say(block(_task(entry), indent="   "))
        say()
    say(f"{len(found)} entries.")
    return 0


def _task(entry: Json) -> Block:
    shown: list[tuple[str, object]] = [
        ("id", entry["id"]),
        ("name", entry["fullName"]),
        ("state", entry["state"]),
        ("started", local(entry["startedAt"])),
        ("updated", local(entry["updatedAt"])),
        ("config", entry["config"]),
        ("parent", entry["parentId"]),
        ("upstreams", entry["upstreams"]),
        ("export params", entry["exportParams"]),
        ("store params", entry["storeParams"]),
        ("state params", entry["stateParams"]),
    ]
    if entry["error"]:
        shown.append(("error", entry["error"].get("message", entry["error"])))
    return shown


command = Command("Show the tasks of an attempt.", configure, run)
