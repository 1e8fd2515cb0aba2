"""Problems as values: gathered, sorted and shown together; text, JSON and GitHub from one object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from engine.dig import limits
from engine.dig.source import Files, KeyPath
from engine.workflow import Position


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Finding(NamedTuple):
    """What a rule found, at a key path of a definition; `on_value` when the value is to blame."""

    path: KeyPath
    rule: str
    message: str
    severity: Severity = Severity.ERROR
    on_value: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a file. `rule` is a stable id; the message is one line for people."""

    rule: str
    severity: Severity
    message: str
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self._place()}{self.message} [{self.rule}]"

    def __lt__(self, other: Problem) -> bool:
        return self.sort_key() < other.sort_key()

    def sort_key(self) -> tuple[str, int, int, str, str]:
        at = self.position or Position("", 0, 0)
        return (at.file, at.line, at.column, self.rule, self.message)

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def _place(self) -> str:
        at = self.position
        return f"{_printable(at.file)}:{at.line}:{at.column}: " if at else ""


def shown(value: object) -> str:
    """A user's value as a message repeats it: in quotes, one line, not long, no control codes."""
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(plain) > limits.SHOWN_LENGTH:
        plain = plain[: limits.SHOWN_LENGTH - 1] + "…"
    return f"'{_printable(plain)}'"


def _printable(text: str) -> str:
    """Without control codes, and without what UTF-8 cannot write."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in text)


_BOLD, _RED, _YELLOW, _DIM, _RESET = "\033[1m", "\033[31m", "\033[33m", "\033[2m", "\033[0m"


def to_text(problems: Iterable[Problem], files: Files, *, color: bool = False) -> str:
    """Each problem as `file:line:col: message [rule]`, its source line and a caret below."""
    lines: dict[str, list[str]] = {}
    blocks = []
    for problem in problems:
        head = str(problem) if problem.is_error else _warned(problem)
        blocks.append(_painted(head, problem) if color else head)
        blocks.extend(_snippet(problem.position, files, lines, color=color))
    return "\n".join(blocks)


def to_json(problem: Problem) -> dict[str, Any]:
    """One problem as JSON; line and column are null when it belongs to no place."""
    at = problem.position
    return {
        "file": _printable(at.file) if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
        "severity": problem.severity.value,
        "rule": problem.rule,
        "message": problem.message,
    }


def to_github(problem: Problem) -> str:
    """One problem as a workflow command of GitHub Actions, which shows it beside the line."""
    fields = [f"title={_escaped(problem.rule)}"]
    if at := problem.position:
        fields = [
            f"file={_escaped(_printable(at.file))}",
            f"line={at.line}",
            f"col={at.column}",
            *fields,
        ]
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{problem.severity.value} {','.join(fields)}::{message}"


def _warned(problem: Problem) -> str:
    return f"{problem._place()}warning: {problem.message} [{problem.rule}]"


def _painted(head: str, problem: Problem) -> str:
    place = problem._place().rstrip(" ")
    paint = _RED if problem.is_error else _YELLOW
    return f"{_BOLD}{place}{_RESET}{paint}{head[len(place) :]}{_RESET}"


# What the caret underlines: a text in quotes, or up to the next blank, comma, bracket or ": ".
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|(?:(?!:\s|:$)[^\s,\]}])+")


def _snippet(
    at: Position | None, files: Files, lines: dict[str, list[str]], *, color: bool
) -> list[str]:
    if at is None:
        return []
    if at.file not in lines:
        lines[at.file] = _lines_of(files, at.file)
    if not 0 < at.line <= len(lines[at.file]):
        return []
    text = "".join(ch if ch.isprintable() else " " for ch in lines[at.file][at.line - 1].rstrip())
    token = _TOKEN.match(text, at.column - 1)
    caret = "^" + "~" * (len(token.group()) - 1 if token else 0)
    start = max(0, at.column - limits.SHOWN_LENGTH)
    shown_line = text[start : at.column + 2 * limits.SHOWN_LENGTH]
    if color:
        caret = f"{_BOLD}{caret[: 2 * limits.SHOWN_LENGTH]}{_RESET}"
    number = str(at.line)
    pad = " " * len(number)
    return [
        f"  {number} | {shown_line}",
        f"  {pad} | {' ' * (at.column - 1 - start)}{caret[: 2 * limits.SHOWN_LENGTH + 8]}",
    ]


def _lines_of(files: Files, path: str) -> list[str]:
    try:
        return files.read(path).decode("utf-8-sig", "replace").split("\n")
    except OSError:
        return []


def _escaped(text: str) -> str:
    for char in "%\r\n:,":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
