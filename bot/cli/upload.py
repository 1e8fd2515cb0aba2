"""digbot upload FILE PROJECT: upload a packed project (cli.md §7)."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.base import Command, Parser, WrongUsage
from bot.cli.connect import add_client, connect
from bot.cli.push import add_upload, revision_name
from bot.cli.show import uploaded


def configure(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a tar.gz, as `digbot archive` makes it")
    parser.add_argument("name", metavar="PROJECT")
    add_upload(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    if not options.name:
        raise WrongUsage("project name cannot be empty")
    revision = revision_name(options)
    archive = Path(options.file).read_bytes()
    client = connect(options)
    uploaded(client.upload(options.name, revision, archive, schedule_from=options.schedule_from))
    return 0


command = Command("Upload a packed project.", configure, run)
