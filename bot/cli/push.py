"""digbot push PROJECT: pack the project in this folder and upload it (cli.md §7, §9)."""

from __future__ import annotations

import argparse
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.base import Command, Parser, WrongUsage
from bot.cli.connect import add_client, connect
from bot.cli.folder import add_project, pack, show_workflows, workflow_files
from bot.cli.output import say
from bot.cli.show import uploaded

_TIME = "%Y-%m-%d %H:%M:%S %z"


def add_upload(parser: Parser) -> None:
    parser.add_argument(
        "-r", "--revision", metavar="NAME", help="the revision's name (default: a random one)"
    )
    parser.add_argument(
        "--schedule-from",
        metavar="TIME",
        type=schedule_from,
        help='first time of new schedules: "yyyy-MM-dd HH:mm:ss Z" or epoch seconds (default: now)',
    )


def configure(parser: Parser) -> None:
    parser.add_argument("name", metavar="PROJECT", help="the project's name; . is the folder's")
    add_project(parser)
    add_upload(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    name, folder = _what(options.name, Path(options.project))
    revision = revision_name(options)
    archive = pack(
        folder,
        copy_outgoing=options.copy_outgoing_symlinks,
        report=lambda path: say(f"  Archiving {path}"),
    )
    show_workflows(folder)
    client = connect(options)
    uploaded(client.upload(name, revision, archive, schedule_from=options.schedule_from))
    return 0


def _what(name: str, folder: Path) -> tuple[str, Path]:
    """`push .` is named as its folder; without workflows here, a folder of the name is meant."""
    if not name:
        raise WrongUsage("project name cannot be empty")
    if name in (".", "./"):
        return folder.resolve().name, folder
    below = folder / name
    if not workflow_files(folder) and workflow_files(below):
        return below.name, below
    return name, folder


def revision_name(options: argparse.Namespace) -> str:
    if options.revision == "":
        raise WrongUsage("revision cannot be empty")
    return options.revision or str(uuid.uuid4())


def schedule_from(text: str) -> str:
    """The time as the API wants it: UTC with `Z`."""
    try:
        moment = (
            datetime.fromtimestamp(int(text), UTC)
            if re.fullmatch(r"\d+", text)
            else datetime.strptime(text, _TIME)
        )
    except (ValueError, OverflowError):
        now = datetime.now().astimezone().strftime(_TIME)
        raise argparse.ArgumentTypeError(
            f'must be "yyyy-MM-dd HH:mm:ss Z" format or UNIX timestamp: {text} '
            f'(hint: current local time is "{now}")'
        ) from None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


command = Command("Upload the project in this folder.", configure, run)
