"""Where the `${...}` of a text are, and which names each of them uses (language.md §12)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

_START = re.compile(r"\$\{(?![a-z]+:)(?=[\s\S])")
_ESCAPE = re.compile(r"\$\$|\$\\\{")
_NAME = r"[A-Za-z_$][\w$]*"
_PATH = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*", re.ASCII)

# Sticky to where JavaScript's own scanner would cut. A regular expression is told from a division
# by what stands before it, so it has a pattern of its own.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n\r\u2028\u2029]*|/\*[\s\S]*?\*/)
  | (?P<string>"(?:[^"\\\n\r]|\\[\s\S])*"|'(?:[^'\\\n\r]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`)
  | (?P<number>\.?[0-9](?:[eE][+-]|[\w.])*)
  | (?P<name>(?:[^\W\d]|[$\\])[\w$\\]*)
  | (?P<mark>\.\.\.|\?\.|[\s\S])
    """,
    re.VERBOSE,
)
_REGEXP = re.compile(r"/(?![*/])(?:[^\\/\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+/\w*")
_BIG = re.compile(r"\b[0-9]\w*n\b")
_KEY = re.compile(r"\s*:")
_MEMBER = re.compile(rf"""\s*(?:\.\s*({_NAME})|\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\])""", re.ASCII)

RESERVED = frozenset(
    re.findall(
        r"\w+",
        "await break case catch class const continue debugger default delete do else enum export "
        "extends false finally for function if implements import in instanceof interface let new null "
        "package private protected public return static super switch this throw true try typeof var "
        "void while with yield",
    )
)
_BEFORE_REGEXP = frozenset(
    re.findall(r"\w+", "return typeof case in of instanceof new delete void throw do else")
)
_AFTER_VALUE = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between `${` and `}`.

    `path` is set for a plain name or names joined by dots. `names` are those it may use; `whole`
    when that cannot be told, as with a computed property of `this`.
    """

    code: str
    path: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    whole: bool = False
    big: bool = False  # it holds a BigInt literal


@dataclass(frozen=True, slots=True)
class Template:
    """A text in pieces: literal text, unescaped, and expressions."""

    text: str
    parts: tuple[str | Expression, ...]
    expressions: tuple[Expression, ...]
    names: frozenset[str]
    plain: bool  # every expression is a path
    whole: bool

    @property
    def constant(self) -> str | None:
        """The value where there is no expression."""
        return None if self.expressions else "".join(str(part) for part in self.parts)


def parse(text: str) -> Template:
    """The pieces of a text. Anything is a text: what is no expression stays as it is."""
    return _parse_kept(text) if len(text) <= 2000 else _parse(text)


def _parse(text: str) -> Template:
    parts: list[str | Expression] = []
    position = 0
    while found := _START.search(text, position):
        end, scan = _expression_end(text, found.end())
        if end < 0:
            break
        parts.append(unescape(text[position : found.start()]))
        if end > found.end():
            parts.append(_expression(text[found.end() : end], scan))
        position = end + 1
    parts.append(unescape(text[position:]))
    expressions = tuple(part for part in parts if isinstance(part, Expression))
    return Template(
        text=text,
        parts=tuple(part for part in parts if part != ""),
        expressions=expressions,
        names=frozenset().union(*(expression.names for expression in expressions)),
        plain=all(expression.path for expression in expressions),
        whole=any(expression.whole for expression in expressions),
    )


_parse_kept = lru_cache(maxsize=4096)(_parse)


def unescape(literal: str) -> str:
    """`$$` is a dollar sign, and `$\\{` begins no expression."""
    if "$" not in literal:
        return literal
    return _ESCAPE.sub(lambda found: "$" if found[0] == "$$" else "${", literal)


@dataclass(slots=True)
class _Scan:
    """What was seen on the way to the end of an expression."""

    names: set[str] = field(default_factory=set)
    whole: bool = False
    big: bool = False
    last: str = ""  # the token before, blanks and comments left out

    def regexp_may_start(self) -> bool:
        if self.last == "":
            return True
        if self.last[-1].isalnum() or self.last[-1] in "_$":
            return self.last in _BEFORE_REGEXP
        return self.last[-1] not in _AFTER_VALUE and self.last[0] not in "\"'`/"


def _expression_end(text: str, start: int) -> tuple[int, _Scan]:
    """The index of the closing brace, -1 when there is none.

    Braces in strings, comments and regular expressions do not count (decisions.md, "Fixed here").
    Where that reading finds no end, they do, as Digdag counts them.
    """
    scan, depth, position = _Scan(), 0, start
    while position < len(text):
        position, mark = _next_mark(text, position, scan)
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth < 0:
                return position - 1, scan
    return _counted_end(text, start), _Scan(whole=True, big=_BIG.search(text, start) is not None)


def _next_mark(text: str, position: int, scan: _Scan) -> tuple[int, str]:
    """The index after the next token, and the token where it is a punctuation mark."""
    if text[position] == "/" and scan.regexp_may_start():
        regexp = _REGEXP.match(text, position)
        if regexp:
            scan.last = regexp[0]
            return regexp.end(), ""
    token = _TOKEN.match(text, position)
    if token is None:  # never: the last alternative takes any character
        return len(text), ""
    if token.lastgroup == "name":
        _note_name(token, scan)
    elif token.lastgroup == "string" and token[0][0] == "`" and "${" in token[0]:
        scan.whole = True
    elif token.lastgroup == "number" and token[0].endswith("n"):
        scan.big = True
    if token.lastgroup != "space":
        scan.last = token[0]
    return token.end(), token[0] if token.lastgroup == "mark" else ""


def _note_name(token: re.Match[str], scan: _Scan) -> None:
    name = token[0]
    if scan.last in (".", "?."):
        return
    if scan.last in ("{", ",") and _KEY.match(token.string, token.end()):
        return
    if name == "this":
        member = _MEMBER.match(token.string, token.end())
        if member:
            scan.names.add(member[1] or member[2] or member[3] or "")
        else:
            scan.whole = True
    elif "\\" in name:
        scan.whole = True
    else:
        scan.names.add(name)


def _counted_end(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth < 0:
                return position
    return -1


def _expression(code: str, scan: _Scan) -> Expression:
    path: tuple[str, ...] = ()
    if found := _PATH.fullmatch(code):
        path = tuple(name.strip() for name in found[1].split("."))
        if path[0] in RESERVED:
            path = ()
    return Expression(code, path, frozenset(scan.names), scan.whole, scan.big)
