"""digbot workflows [PROJECT] [NAME] (cli.md §7)."""

from __future__ import annotations

import argparse

from bot.cli.base import Command, Parser, one_of
from bot.cli.connect import add_client, connect, project_named, workflow_named
from bot.cli.output import hint, one_line, say, yaml_text
from bot.client.api import Client, Json


def configure(parser: Parser) -> None:
    parser.add_argument("project", metavar="PROJECT", nargs="?")
    parser.add_argument("name", metavar="NAME", nargs="?", help="show this workflow's definition")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="how many (100)")
    parser.add_argument("--last-id", type=int, metavar="ID", help="show those after this")
    parser.add_argument("--name", dest="part", metavar="PART", help="only names with this part")
    parser.add_argument(
        "--order", type=one_of("asc", "desc"), metavar="asc|desc", help="order of ids"
    )
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    if options.name:
        project = project_named(client, options.project)
        say(yaml_text(workflow_named(client, project, options.name)["config"]))
        return 0
    for name, workflows in _by_project(_find(client, options)).items():
        say(f"  {one_line(name)}")
        for workflow in workflows:
            say(f"    {one_line(workflow)}")
    hint("Use `digbot workflows <project-name> <name>` to show details.")
    return 0


def _find(client: Client, options: argparse.Namespace) -> list[Json]:
    if options.project:
        return client.project_workflows(project_named(client, options.project)["id"])
    return client.workflows(
        count=options.count,
        last_id=options.last_id,
        name_pattern=options.part,
        order=options.order,
    )


def _by_project(workflows: list[Json]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for workflow in workflows:
        grouped.setdefault(workflow["project"]["name"], []).append(workflow["name"])
    return grouped


command = Command("List workflows, or show one.", configure, run)
