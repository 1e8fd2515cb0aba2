"""digbot enable SCHEDULE-ID | PROJECT [NAME] (cli.md §7); --skip leaves out what was missed."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser, WrongUsage
from bot.cli.connect import add_client, connect, project_named, workflow_named
from bot.cli.output import say
from bot.client.api import Client, Json


def add_which(parser: Parser) -> None:
    parser.add_argument(
        "of", metavar="SCHEDULE-ID | PROJECT", help="a schedule's id, or a project's name"
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="only this workflow's")


def configure(parser: Parser) -> None:
    add_which(parser)
    parser.add_argument(
        "--skip", action="store_true", help="skip the sessions missed while it was disabled"
    )
    parser.add_argument(
        "--next-time",
        metavar="TIME",
        help="with --skip: skip those that would run before this ISO time, not before now",
    )
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    if options.next_time and not options.skip:
        raise WrongUsage("--next-time needs --skip")
    client = connect(options)
    for schedule_id in chosen(client, options):
        client.enable_schedule(schedule_id, _body(options))
        say(f"Enabled schedule id: {schedule_id}")
    return 0


def chosen(client: Client, options: argparse.Namespace) -> list[str]:
    """Ids of the schedules that the arguments name."""
    if options.of.isdigit() and not options.name:
        return [options.of]
    project = project_named(client, options.of)
    if options.name:
        workflow_named(client, project, options.name)
    found = client.project_schedules(project["id"], workflow=options.name)
    return [entry["id"] for entry in found]


def _body(options: argparse.Namespace) -> Json | None:
    if not options.skip:
        return None
    return {"skipSchedule": True, "nextTime": options.next_time}


command = Command("Enable schedules; missed sessions start unless --skip.", configure, run)
