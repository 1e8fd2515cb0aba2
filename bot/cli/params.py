"""`-p KEY=VALUE` and `-P FILE` (cli.md §2)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.base import CommandFailed, Parser, WrongUsage

if TYPE_CHECKING:
    from engine.dig.source import Files

Params = dict[str, Any]

SETTING = "params."


def add_params(parser: Parser) -> None:
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter; dots nest, values are text; an _export of the workflow wins over it",
    )
    parser.add_argument(
        "-P", "--params-file", metavar="FILE.yml", help="parameters from a YAML file"
    )


def gather(options: argparse.Namespace, settings: Mapping[str, str]) -> Params:
    """`params.KEY` of the settings, then the file, then the options; later wins."""
    from engine.params import merge

    params: Params = {}
    for key, value in settings.items():
        if key.startswith(SETTING):
            put(params, key.removeprefix(SETTING), value)
    if options.params_file:
        params = merge(params, _file(options.params_file))
    return merge(params, from_options(options.param))


def _file(path: str) -> Params:
    from engine.dig.source import FolderFiles

    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"Cannot read the parameters {path}: {error.strerror}") from None
    return read_mapping(data, file.name, FolderFiles(file.parent))


def read_mapping(data: bytes, name: str, files: Files) -> Params:
    """A YAML or JSON map, read by the rules of `.dig` files, `!include` too; not evaluated."""
    from engine.dig.loader import read
    from engine.dig.problem import to_text

    document, problems = read(data, name, files)
    if problems:
        raise CommandFailed(f"Cannot read {name}:\n{to_text(problems, files)}")
    return dict(document.value)


def from_options(texts: Sequence[str]) -> Params:
    """`a=1,b=2` sets two; `a=1,2` sets one to `1,2`."""
    params: Params = {}
    for text in texts:
        for key, value in _pairs(text):
            put(params, key, value)
    return params


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for part in text.split(","):
        key, separator, value = part.partition("=")
        if separator:
            pairs.append((key, value))
        elif pairs:
            key, value = pairs[-1]
            pairs[-1] = (key, f"{value},{part}")
        else:
            raise WrongUsage(f"Parameter -p expected a value of the form a=b but got:{text}")
    return pairs


def put(params: Params, key: str, value: object) -> None:
    """Set a dotted key. Raises `WrongUsage` when a text stands where a map is needed."""
    *way, last = key.split(".")
    at = params
    for depth, name in enumerate(way):
        found = at.setdefault(name, {})
        if not isinstance(found, dict):
            there = ".".join(way[: depth + 1])
            raise WrongUsage(f"Parameter '{key}' is set but '{there}' is not a object ({found})")
        at = found
    at[last] = value
