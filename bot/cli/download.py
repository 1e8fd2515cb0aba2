"""digbot download PROJECT: fetch the files of a revision (cli.md §7)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.base import Command, CommandFailed, Parser
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import say
from bot.client.errors import Refused

if TYPE_CHECKING:
    from engine.files.archive import Entry


def configure(parser: Parser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("-r", "--revision", metavar="NAME", help="which one (default: the current)")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="where to (default: a folder named as the project)"
    )
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    from engine.files.archive import read

    client = connect(options)
    project = project_named(client, options.project)
    revision = options.revision or project["revision"]
    try:
        data = client.archive(project["id"], revision)
    except Refused as refused:
        if refused.status != 404:
            raise
        raise CommandFailed(f"Project archive of revision '{revision}' does not exist.") from None
    target = Path(options.output or project["name"])
    for entry in read(data):
        _write(target, entry)
    say(f"Extracted project '{project['name']}' revision '{revision}' to {target}.")
    return 0


def _write(target: Path, entry: Entry) -> None:
    """`read` has checked that nothing leads out of the folder; what is there is replaced."""
    path = target / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if entry.link is not None:
        path.symlink_to(entry.link)
        say(f"  {path} -> {entry.link}")
        return
    path.write_bytes(entry.data)
    path.chmod(entry.mode | 0o200)
    say(f"  {path}")


command = Command("Fetch a project's files.", configure, run)
