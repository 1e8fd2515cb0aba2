"""`-i` and `-s`: which page of a list."""

from __future__ import annotations

import argparse

from bot.cli.base import Parser
from bot.client.api import Json


def add_paging(parser: Parser) -> None:
    parser.add_argument("-i", "--last-id", type=int, metavar="ID", help="show older ones than this")
    parser.add_argument("-s", "--page-size", type=int, metavar="N", help="how many (at most 100)")


def page(options: argparse.Namespace) -> Json:
    return {"last_id": options.last_id, "page_size": options.page_size}
