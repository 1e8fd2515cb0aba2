"""digbot repository add URL | list | remove NAME | sync NAME: git repositories that are deployed from."""

from __future__ import annotations

import argparse
import re

from bot.cli.base import Command, Parser, WrongUsage, one_of
from bot.cli.connect import add_client, connect
from bot.cli.output import Block, block, hint, local, local_with_distance, say
from bot.client.api import Client, Json

VERBS = ("add", "list", "remove", "sync")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar="add|list|remove|sync", type=one_of(*VERBS))
    parser.add_argument("what", metavar="URL | NAME", nargs="?", help="a git URL, or a name")
    parser.add_argument(
        "--name", metavar="NAME", help="add: its name (default: the URL's last part)"
    )
    parser.add_argument(
        "--poll", metavar="60s", type=_seconds, help="add: how often to look for changes"
    )
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    if options.verb == "list":
        return _list(client)
    if not options.what:
        raise WrongUsage(
            f"repository {options.verb} needs a {'URL' if options.verb == 'add' else 'NAME'}"
        )
    if options.verb == "add":
        return _add(client, options)
    if options.verb == "remove":
        removed = client.remove_repository(options.what)
        hint(f"Repository '{removed['name']}' is not followed any more; its projects stay.")
        return 0
    return _sync(client, options.what)


def _add(client: Client, options: argparse.Namespace) -> int:
    request = {"url": options.what, "name": options.name, "pollSeconds": options.poll}
    return _report(client.add_repository(request))


def _sync(client: Client, name: str) -> int:
    return _report(client.sync_repository(name))


def _report(answer: Json) -> int:
    """What the deploy said, and the repository; exit code 1 when not all of it is deployed."""
    for line in answer["report"]:
        say(line)
    say(block(_repository(answer["repository"])))
    repository = answer["repository"]
    return 1 if repository["error"] or repository["refused"] else 0


def _list(client: Client) -> int:
    found = client.repositories()
    say("Repositories:")
    for entry in found:
        say(block(_repository(entry)))
        say()
    say(f"{len(found)} entries.")
    if any(entry["refused"] for entry in found):
        hint("Use `digbot repository sync NAME` to see what is wrong with a refused project.")
    return 0


def _repository(entry: Json) -> Block:
    shown: list[tuple[str, object]] = [
        ("name", entry["name"]),
        ("url", entry["url"] or "hosted here"),
        ("projects", ", ".join(entry["projects"])),
    ]
    if entry["url"]:
        shown.append(("polled at", local(entry["polledAt"])))
        shown.append(("next poll", local_with_distance(entry["nextPollAt"])))
    if entry["refused"]:
        shown.append(("refused", ", ".join(entry["refused"])))
    if entry["error"]:
        shown.append(("last error", entry["error"]))
    return shown


def _seconds(text: str) -> int:
    """`60s`, `5m`, `1h`, or a number of seconds."""
    found = re.fullmatch(r"(\d+)\s*([smhd]?)", text.strip())
    if found is None or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"expected a time such as 60s, 5m or 1h, but got {text}")
    return int(found[1]) * _UNITS[found[2]]


command = Command("Follow git repositories and deploy from them.", configure, run)
