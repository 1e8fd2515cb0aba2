"""digbot secrets: set, list and delete, on a server or for local runs (cli.md §7)."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.cli.base import Command, CommandFailed, Parser, WrongUsage
from bot.cli.connect import add_client, connect, project_named
from bot.cli.output import hint, say
from bot.cli.params import read_mapping
from bot.client.api import Client
from bot.client.config import folders
from engine.secrets import MAX_VALUE, valid_key


def configure(parser: Parser) -> None:
    parser.add_argument("--project", metavar="NAME", help="the secrets of a project on the server")
    parser.add_argument("--local", action="store_true", help="the secrets of `digbot run`")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        metavar="KEY[=VALUE]",
        help="KEY (asked for), KEY=VALUE, KEY=@FILE, KEY=- (standard input), @FILE or @- (many)",
    )
    parser.add_argument("--delete", nargs="+", action="extend", metavar="KEY")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    if not options.local and not options.project:
        raise WrongUsage("Please specify either --project or --local")
    if options.set and options.delete:
        raise WrongUsage("Please specify only one of --set or --delete")
    values = gather(options.set or [])
    for key in options.delete or []:
        check_key(key)
    store = Local() if options.local else OfProject(connect(options), options.project)
    if values:
        _each(values, lambda key: store.put(key, values[key]), "set")
    elif options.delete:
        _each(options.delete, store.delete, "deleted")
    else:
        for key in store.names():
            say(key)
    return 0


def _each(keys: list[str] | Mapping[str, str], act: Callable[[str], None], what: str) -> None:
    for key in keys:
        act(key)
        hint(f"Secret '{key}' {what}")


class OfProject:
    """Secrets on the server."""

    def __init__(self, client: Client, project: str) -> None:
        self._client = client
        self._id = project_named(client, project)["id"]

    def names(self) -> list[str]:
        return self._client.secrets(self._id)

    def put(self, key: str, value: str) -> None:
        self._client.set_secret(self._id, key, value)

    def delete(self, key: str) -> None:
        self._client.delete_secret(self._id, key)


class Local:
    """Files of the user's, one for each secret (cli.md §4). Written to digbot's folder."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._folders = [folder / "secrets" for folder in folders(environ or os.environ)]

    def names(self) -> list[str]:
        found = {
            path.name
            for folder in self._folders
            if folder.is_dir()
            for path in folder.iterdir()
            if valid_key(path.name)
        }
        return sorted(found)

    def put(self, key: str, value: str) -> None:
        folder = self._folders[0]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f".{key}.part"
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(value)
        part.replace(folder / key)

    def delete(self, key: str) -> None:
        for folder in self._folders:
            (folder / key).unlink(missing_ok=True)


# -- what --set says -----------------------------------------------------------------------------


def gather(arguments: list[str]) -> dict[str, str]:
    """Keys and values of all arguments. Raises `WrongUsage` and `CommandFailed`."""
    reader = _Input()
    values: dict[str, str] = {}
    for argument in arguments:
        for key, value in _values(argument, reader).items():
            if key in values:
                raise WrongUsage(f"Duplicate --set secret key: '{key}'")
            check_key(key)
            if len(value.encode()) > MAX_VALUE:
                raise CommandFailed(f"Invalid secret value for key: {key}")
            values[key] = value
    return values


def _values(argument: str, reader: _Input) -> dict[str, str]:
    if argument.startswith("@"):
        return _many(reader.read(argument[1:]), argument)
    key, separator, value = argument.partition("=")
    if not separator:
        return {key: getpass.getpass(f"{key}: ")}
    if value == "-":
        return {key: reader.read("-")}
    return {key: reader.read(value[1:]) if value.startswith("@") else value}


def _many(text: str, source: str) -> dict[str, str]:
    """A map of many, YAML or JSON."""
    from engine.dig.source import MemoryFiles

    values = read_mapping(text.encode(), source.removeprefix("@"), MemoryFiles({}))
    return {
        str(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }


class _Input:
    """Files, and standard input once."""

    def __init__(self) -> None:
        self._taken = False

    def read(self, name: str) -> str:
        if name != "-":
            return Path(name).read_bytes().decode()
        if self._taken:
            raise WrongUsage("Can only read once from stdin")
        self._taken = True
        return sys.stdin.read()


def check_key(key: str) -> None:
    if not valid_key(key):
        raise WrongUsage(f"Invalid secret key: {key}")


command = Command("Set, list and delete secrets.", configure, run)
