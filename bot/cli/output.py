"""How things are printed: blocks of `name: value`, times, distances, and YAML for definitions."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Block = Sequence[tuple[str, object]]

TIME = "%Y-%m-%d %H:%M:%S %z"
_PLAIN = re.compile(r"\+?[A-Za-z_/^][A-Za-z0-9_+./^>-]*")
# What moves a cursor, turns a line around or ends it; and halves of characters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def say(text: str = "") -> None:
    """Data: to standard output."""
    print(text)


def hint(text: str) -> None:
    """Hints and messages: to standard error."""
    print(text, file=sys.stderr)


def block(entries: Block, indent: str = "  ") -> str:
    """Lines `name: value`; an absent value is an empty one."""
    return "\n".join(
        f"{indent}{name}: {one_line(_shown(value))}".rstrip() for name, value in entries
    )


def one_line(text: str) -> str:
    """What other people wrote (names, subjects of commits), unable to paint on a terminal."""
    return _UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return compact(value)
    return str(value)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# -- time ----------------------------------------------------------------------------------------


def own_offset(text: str | None) -> str:
    """A session time: in its own offset."""
    return datetime.fromisoformat(text).strftime(TIME) if text else ""


def local(text: str | None) -> str:
    """Any other time: in the computer's zone."""
    return datetime.fromisoformat(text).astimezone().strftime(TIME) if text else ""


def local_with_distance(text: str | None, now: datetime | None = None) -> str:
    """`2024-01-02 02:00:00 +0900 (in 3h 2m 1s)`"""
    if not text:
        return ""
    moment = datetime.fromisoformat(text)
    return f"{local(text)} ({distance(moment - (now or datetime.now(UTC)))})"


def distance(span: timedelta) -> str:
    """`in 3h 2m 1s`, `5m 0s ago`"""
    seconds = int(abs(span.total_seconds()))
    parts = [
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    ]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    text = " ".join(f"{count}{unit}" for count, unit in parts)
    return f"{text} ago" if span.total_seconds() < 0 else f"in {text}"


# -- YAML ----------------------------------------------------------------------------------------


def yaml_text(value: Mapping[str, Any]) -> str:
    """A definition as YAML that reads back as the same value."""
    return "\n".join(_mapping(value, "")) if value else "{}"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{indent}{_scalar(key)}:", item, indent + "  ")


def _items(value: Iterable[Any], indent: str) -> Iterator[str]:
    for item in value:
        yield from _entry(f"{indent}-", item, indent + "  ")


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield head
        yield from _mapping(item, indent)
    elif isinstance(item, list) and item:
        yield head
        yield from _items(item, indent)
    elif isinstance(item, str) and _is_block(item):
        yield f"{head} |{'' if item.endswith(chr(10)) else '-'}"
        yield from (
            f"{indent}{line}" if line else "" for line in item.removesuffix("\n").split("\n")
        )
    elif item is None:
        yield head
    else:
        yield f"{head} {_scalar(item)}"


def _is_block(text: str) -> bool:
    """Whether a text of several lines keeps every character in YAML's literal style."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and not text.endswith("\n\n")
        and lines[0].strip() != ""
        and not lines[0].startswith(" ")
        and all(
            line.isprintable() or ("\t" in line and line.expandtabs().isprintable())
            for line in lines
        )
    )


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
