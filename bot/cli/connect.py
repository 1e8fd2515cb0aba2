"""The options of every command that asks a server (cli.md §1), and the client they make."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bot.cli.base import CommandFailed, Parser, WrongUsage
from bot.client.config import Settings, load

if TYPE_CHECKING:  # commands that ask no server, such as check, must not pay for HTTP
    from bot.client.api import Client, Json

DEFAULT_ENDPOINT = "http://127.0.0.1:65432"
_LOOKED_AT = 1000  # projects, for the one that may have been meant
HEADER_SETTING = "client.http.headers."


def add_client(parser: Parser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument(
        "-e",
        "--endpoint",
        metavar="URL",
        help=f"the server (default: client.http.endpoint, $DIGBOT_ENDPOINT, {DEFAULT_ENDPOINT})",
    )
    group.add_argument(
        "-H", "--header", action="append", default=[], metavar="KEY=VALUE", help="an HTTP header"
    )
    group.add_argument(
        "--basic-auth", metavar="USER:PASS", help="credentials (default: $DIGBOT_BASIC_AUTH)"
    )
    group.add_argument(
        "--disable-cert-validation", action="store_true", help="trust any TLS certificate"
    )
    group.add_argument(
        "--disable-version-check", action="store_true", help="accepted; versions are not compared"
    )


def settings(options: argparse.Namespace) -> Settings:
    return load(options.config, options.settings)


def connect(options: argparse.Namespace) -> Client:
    """The client for the endpoint of option, setting or environment, in this order."""
    from bot.client.api import Client
    from bot.client.http import Connection, endpoint

    known = settings(options)
    chosen = (
        options.endpoint
        or known.get("client.http.endpoint")
        or os.environ.get("DIGBOT_ENDPOINT")
        or DEFAULT_ENDPOINT
    )
    connection = Connection(
        endpoint(chosen),
        headers=_headers(options, known),
        verify=not options.disable_cert_validation,
    )
    options.cleanup.callback(connection.close)
    return Client(connection)


def _headers(options: argparse.Namespace, known: Mapping[str, str]) -> dict[str, str]:
    headers = {
        key.removeprefix(HEADER_SETTING): value
        for key, value in known.items()
        if key.startswith(HEADER_SETTING)
    }
    for text in options.header:
        key, separator, value = text.partition("=")
        if not separator:
            raise WrongUsage(f"Option -H expected a value of the form KEY=VALUE but got: {text}")
        headers[key] = value
    from bot.client.http import basic

    credentials = options.basic_auth or os.environ.get("DIGBOT_BASIC_AUTH")
    if credentials:
        headers["Authorization"] = basic(credentials)
    return headers


# -- what many commands look up ------------------------------------------------------------------


def number(text: str) -> str:
    """An id from the command line; the server's ids are text of digits."""
    if not (text.isascii() and text.isdigit()):
        raise WrongUsage(f'For input string: "{text}" (an id is a number)')
    return text


def project_named(client: Client, name: str) -> Json:
    found = client.project(name)
    if found is None:
        known = [entry["name"] for entry in client.projects(count=_LOOKED_AT)]
        raise CommandFailed(f"Project '{name}' does not exist.{near(name, known)}")
    return found


def workflow_named(client: Client, project: Json, name: str, revision: str | None = None) -> Json:
    found = client.workflow(project["id"], name, revision)
    if found is not None:
        return found
    known = [entry["name"] for entry in client.project_workflows(project["id"], revision=revision)]
    place = f"project '{project['name']}'" + (f" revision '{revision}'" if revision else "")
    raise CommandFailed(f"Workflow '{name}' does not exist in {place}.{near(name, known)}")


def near(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word."""
    from engine.dig.suggest import did_you_mean

    return did_you_mean(word, known)
