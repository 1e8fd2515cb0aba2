"""YAML → values and the place of each, as Digdag reads it (language.md §2, §3).

PyYAML's C parser delivers events; meaning is ours: scalars (scalars.py), duplicate keys, merge
keys, `!include`, limits. Problems are collected, so that one run shows them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from engine.dig import limits, syntax
from engine.dig.problem import shown
from engine.dig.scalars import as_key, plain, tagged
from engine.dig.source import Inner, Spot, inside
from engine.dig.syntax import INCLUDE, STANDARD, unknown_tag
from engine.workflow import Position

_COLLECTION_TAGS = {None, "!", STANDARD + "map", STANDARD + "seq", STANDARD + "set"}


@dataclass(slots=True)
class Document:
    """One file as read, includes resolved. `value` is meaningless when it is `broken`."""

    file: str
    value: Any
    spot: Spot
    nodes: int = 0  # values in it, with those of aliases and includes
    depth: int = 0
    broken: bool = False


class _Refusal(Exception):
    """Reading this file ends here."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    value: Any
    inner: Inner
    nodes: int


class Includer(Protocol):
    """Who reads the files that `!include` names, and hears of problems."""

    def load(self, path: str, wanted_by: Position | None = None, depth: int = 0) -> Document: ...

    def report(self, rule: str, message: str, position: Position) -> None: ...


def compose(file: str, data: bytes, includer: Includer, depth: int = 0) -> Document:
    """Read one text. Its problems go to `includer.report` and make the document `broken`."""
    composer = _Composer(file, includer, depth)
    try:
        document = composer.document(data)
    except _Refusal:
        document = empty_document(file)
    document.broken = composer.broken
    return document


def empty_document(file: str) -> Document:
    """What stands for a file that could not be read."""
    return Document(file, {}, (file, 0, 0, 0, 0, {}), broken=True)


class _Composer:
    """Builds one document. The loops over events are the hot path of `digbot check`."""

    def __init__(self, file: str, includer: Includer, depth: int) -> None:
        self.broken = False
        self._file = file
        self._includer = includer
        self._base = depth
        self._next: Callable[[], Any]  # events differ in what they carry; the loops know
        self._anchors: dict[str, _Anchor | None] = {}  # None while it is being read
        self._written = 0
        self._added = 0  # by aliases and includes
        self._deepest = 0
        self._problems = 0

    def document(self, data: bytes) -> Document:
        if len(data) > limits.FILE_BYTES:
            self._refuse("limits", f"The file is larger than {limits.FILE_BYTES} bytes", 0, 0)
        parser = CParser(self._decoded(data))
        self._next = parser.get_event
        try:
            return self._document()
        except MarkedYAMLError as error:
            message, mark = _syntax_problem(error, self._decoded(data))
            self._refuse("yaml", message, mark.line if mark else 0, mark.column if mark else 0)
        except ReaderError as error:
            before = self._decoded(data).encode()[: error.position]
            message = f"The character U+{error.character:04X} is not allowed in YAML"
            self._refuse("yaml", message, before.count(b"\n"), 0)
        except YAMLError as error:
            self._refuse("yaml", str(error), 0, 0)
        finally:
            parser.dispose()

    def _document(self) -> Document:
        self._next()  # the start of the stream
        event = self._next()
        if not isinstance(event, DocumentStartEvent):
            self._refuse("yaml", "The file is empty; a mapping is expected", 0, 0)
        start = self._next()
        mark = start.start_mark
        value, inner = self._node(start, 0)
        self._next()  # the end of the document
        if not isinstance(event := self._next(), StreamEndEvent):
            line = event.start_mark.line
            self._refuse("yaml", "A second document begins here; a file holds one", line, 0)
        if not isinstance(value, dict) and not self.broken:
            self._report("yaml", f"A mapping is expected at the top, found {_kind(value)}", mark)
        spot = (self._file, mark.line, mark.column, mark.line, mark.column, inner)
        return Document(self._file, value, spot, self._written + self._added, self._deepest)

    def _node(self, event: Any, depth: int) -> tuple[Any, Inner]:
        """The value that begins with this event, and the places inside it."""
        if type(event) is AliasEvent:
            return self._alias(event)
        anchor, nodes = event.anchor, self._written + self._added
        if anchor is not None:
            self._anchors[anchor] = None
        inner: Inner = None
        if type(event) is ScalarEvent:
            self._written += 1
            value = self._scalar(event)
        else:
            value, inner = self._collection(event, depth + 1)
        if anchor is not None:
            self._anchors[anchor] = _Anchor(value, inner, self._written + self._added - nodes)
        return value, inner

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None:
            return plain(event.value) if event.implicit[0] else event.value
        try:
            return tagged(tag, event.value)
        except KeyError:
            self._report("yaml", unknown_tag(tag), event.start_mark)
        except ValueError as error:
            self._report("yaml", f"{error}, found {shown(event.value)}", event.start_mark)
        return None

    def _alias(self, event: Any) -> tuple[Any, Inner]:
        name = event.anchor
        if name not in self._anchors:
            message = f"The alias {shown('*' + name)} has no anchor before it"
            self._refuse("yaml", message, event.start_mark.line, event.start_mark.column)
        anchor = self._anchors[name]
        if anchor is None:
            message = f"The alias {shown('*' + name)} stands inside of what it refers to"
            self._refuse("yaml", message, event.start_mark.line, event.start_mark.column)
        self._add(anchor.nodes, event.start_mark)
        return anchor.value, anchor.inner

    def _collection(self, event: Any, depth: int) -> tuple[Any, Inner]:
        if self._base + depth > limits.DEPTH:
            message = f"Nested more than {limits.DEPTH} levels deep"
            self._refuse("limits", message, event.start_mark.line, event.start_mark.column)
        self._deepest = max(self._deepest, depth)
        self._written += 1
        tag = event.tag
        if tag not in _COLLECTION_TAGS:
            self._report("yaml", unknown_tag(tag), event.start_mark)
        if type(event) is not MappingStartEvent:
            return self._sequence(depth)
        values, places = self._mapping(depth)
        return (list(values), None) if tag == STANDARD + "set" else (values, places)

    def _sequence(self, depth: int) -> tuple[list[Any], list[Spot]]:
        items, spots, file = [], [], self._file
        while type(event := self._next()) is not SequenceEndEvent:
            mark = event.start_mark
            line, column = mark.line, mark.column
            self._count(mark)
            item, inner = self._node(event, depth)
            items.append(item)
            spots.append((file, line, column, line, column, inner))
        return items, spots

    def _mapping(self, depth: int) -> tuple[dict[str, Any], dict[str, Spot]]:
        values: dict[str, Any] = {}
        spots: dict[str, Spot] = {}
        seen: dict[str, int] = {}  # raw text of written keys → line
        included: set[str] = set()
        file, following, scalar = self._file, self._next, ScalarEvent
        while type(event := following()) is not MappingEndEvent:
            mark = event.start_mark
            if type(event) is scalar and event.tag is None and event.anchor is None:
                raw = key = event.value
                if raw in seen:
                    self._duplicate(raw, seen[raw], mark)
                seen[raw] = mark.line
                if event.implicit[0]:
                    if raw == "<<":
                        self._merge(values, spots, included, depth)
                        continue
                    key = plain(raw)
                    if type(key) is not str:
                        key = self._key(key, mark)
            elif type(event) is scalar and event.tag == INCLUDE and not event.value:
                included |= self._include(values, spots, mark, depth)
                continue
            else:
                key = self._odd_key(event, seen, depth)
            event = following()
            start = event.start_mark
            line, column = start.line, start.column
            inner: Inner = None
            if type(event) is scalar and event.tag is None and event.anchor is None:
                self._written += 1
                if self._written > limits.NODES:
                    self._count(start)
                value = event.value
                values[key] = plain(value) if event.implicit[0] else value
            else:
                values[key], inner = self._node(event, depth)
            spots[key] = (file, mark.line, mark.column, line, column, inner)
        return values, spots

    def _key(self, value: Any, mark: Any) -> str:
        try:
            return as_key(value)
        except ValueError:
            self._report("yaml", "A key cannot be null; put it in quotes if it is a text", mark)
            return ""

    def _odd_key(self, event: Any, seen: dict[str, int], depth: int) -> str:
        """A key that is an alias, a collection, or has an anchor or a tag."""
        mark = event.start_mark
        if type(event) is ScalarEvent:
            if event.value in seen:
                self._duplicate(event.value, seen[event.value], mark)
            seen[event.value] = mark.line
        value, _inner = self._node(event, depth)
        return self._key(value, mark)

    def _duplicate(self, raw: str, line: int, mark: Any) -> None:
        message = f"The key {shown(raw)} stands here a second time; first in line {line + 1}"
        self._report("duplicate-key", message, mark)

    def _merge(
        self, values: dict[str, Any], spots: dict[str, Spot], included: set[str], depth: int
    ) -> None:
        """`<<`: entries that are not there yet; those of an earlier mapping in a list win."""
        event = self._next()
        mark = event.start_mark
        merged, inner = self._node(event, depth)
        if isinstance(merged, dict):
            merged, inner = [merged], [(self._file, 0, 0, 0, 0, inner)]
        if not isinstance(merged, list) or not all(isinstance(item, dict) for item in merged):
            self._report("yaml", f"'<<' takes mappings, found {_kind(merged)}", mark)
            return
        for index, item in enumerate(merged):
            places = inner[index][5] if isinstance(inner, list) else None
            for key, value in item.items():
                if key not in values or key in included:
                    included.discard(key)
                    values[key] = value
                    if isinstance(places, dict):
                        spots[key] = places[key]

    def _include(
        self, values: dict[str, Any], spots: dict[str, Spot], mark: Any, depth: int
    ) -> set[str]:
        """`!include : path`: the file's entries stand here; the keys that came with them."""
        event = self._next()
        path = self._include_path(event, depth)
        if path is None:
            return set()
        here = Position(self._file, mark.line + 1, mark.column + 1)
        document = self._includer.load(path, here, self._base + depth)
        if document.broken:
            self.broken = True
            return set()
        if self._base + depth + document.depth > limits.DEPTH:
            message = f"Nested more than {limits.DEPTH} levels deep by this include"
            self._refuse("limits", message, mark.line, mark.column)
        self._deepest = max(self._deepest, depth + document.depth)
        self._add(document.nodes, mark)
        inner = document.spot[5]
        _merge_deeply(values, spots, document.value, inner if isinstance(inner, dict) else {})
        return set(document.value)

    def _include_path(self, event: Any, depth: int) -> str | None:
        mark = event.start_mark
        name, _inner = self._node(event, depth)
        if isinstance(name, dict | list) or name is None or name == "":
            self._report("include", f"'!include :' takes a file name, found {_kind(name)}", mark)
            return None
        folder = self._file.rpartition("/")[0]
        path = inside(folder, as_key(name))
        if path is None:
            where = f"the folder of {self._file}"
            self._report("include", f"The included file {shown(name)} must be inside {where}", mark)
        return path

    def _add(self, nodes: int, mark: Any) -> None:
        self._added += nodes
        self._count(mark)

    def _count(self, mark: Any) -> None:
        if self._written + self._added > limits.NODES:
            message = f"More than {limits.NODES} values, with those of aliases and includes"
            self._refuse("limits", message, mark.line, mark.column)

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start)
            column = error.start - data.rfind(b"\n", 0, error.start) - 1
            self._refuse("yaml", "The file is not in UTF-8", line, column)

    def _report(self, rule: str, message: str, mark: Any) -> None:
        """Note a problem and read on, unless there are too many to be worth it."""
        self.broken = True
        self._problems += 1
        if self._problems > limits.PROBLEMS:
            raise _Refusal
        self._includer.report(rule, message, Position(self._file, mark.line + 1, mark.column + 1))

    def _refuse(self, rule: str, message: str, line: int, column: int) -> NoReturn:
        self.broken = True
        self._includer.report(rule, message, Position(self._file, line + 1, column + 1))
        raise _Refusal


def _merge_deeply(
    values: dict[str, Any], spots: dict[str, Spot], more: dict[str, Any], places: dict[str, Spot]
) -> None:
    """Put `more` into `values`, deeply where both sides are mappings. Nested ones are copied."""
    for key, value in more.items():
        old = values.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            values[key] = merged = dict(old)
            old_inner, new_inner = spots[key][5], places[key][5] if key in places else None
            inner = dict(old_inner) if isinstance(old_inner, dict) else {}
            _merge_deeply(merged, inner, value, new_inner if isinstance(new_inner, dict) else {})
            spots[key] = (*spots[key][:5], inner)
        else:
            values[key] = value
            if key in places:
                spots[key] = places[key]


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return shown(value)


def _syntax_problem(error: MarkedYAMLError, text: str) -> tuple[str, Any]:
    """What libyaml found, in words for people, and where."""
    problem = error.problem or error.context or "cannot be read"
    began, found = _at(text, error.context_mark), _at(text, error.problem_mark)
    message, at_beginning = syntax.explain(problem, error.context or "", began, found)
    if message:
        return message, error.context_mark if at_beginning else error.problem_mark
    message = problem[:1].upper() + problem[1:]
    if error.context and error.context_mark:
        message += f" ({error.context} that begins in line {error.context_mark.line + 1})"
    return message, error.problem_mark or error.context_mark


def _at(text: str, mark: Any) -> str:
    """What stands at a mark, to the end of its line."""
    lines = text.split("\n")
    return lines[mark.line][mark.column :] if mark and mark.line < len(lines) else ""
