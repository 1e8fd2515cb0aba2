"""digbot archive: pack the project in this folder into a file (cli.md §7)."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.base import Command, Parser
from bot.cli.folder import add_project, pack, show_workflows
from bot.cli.output import say


def configure(parser: Parser) -> None:
    add_project(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="digdag.archive.tar.gz",
        help="the file to write (digdag.archive.tar.gz)",
    )


def run(options: argparse.Namespace) -> int:
    folder = Path(options.project)
    say(f"Creating {options.output}...")
    data = pack(
        folder,
        copy_outgoing=options.copy_outgoing_symlinks,
        report=lambda path: say(f"  Archiving {path}"),
    )
    Path(options.output).write_bytes(data)
    show_workflows(folder)
    say(f"Created {options.output}.")
    say("Use `digbot upload <path.tar.gz> <project> <revision>` to upload it a server.")
    say()
    say("  Examples:")
    say(f"    $ digbot upload {options.output} $(basename $(pwd)) -r $(date +%Y%m%d-%H%M%S)")
    say(f"    $ digbot upload {options.output} $(git rev-parse --abbrev-ref HEAD)")
    return 0


command = Command("Pack the project in this folder into a file.", configure, run)
