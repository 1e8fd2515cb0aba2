"""Texts evaluated in the order of their dependencies: each name an expression uses comes first.

A name means, in this order: an earlier key of the mapping the text stands in; a merged parameter;
and for the task's own keys also a later key of that mapping, or another of the task's keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine.expr.javascript import Failure, JavaScript, Unit
from engine.expr.syntax import Template, parse
from engine.expr.text import text_of
from engine.params import Params

DEEPEST = 60  # parameters that use each other, each one written before the one it uses
RAW_KEYS = frozenset({"_do", "_else_do"})  # copied unevaluated, wherever they stand


class _Mark:
    def __init__(self, name: str) -> None:
        self.name = name


MISSING: Final = _Mark("no such name")
_PENDING: Final = _Mark("waits for JavaScript")


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that cannot be evaluated, and the message that says why."""

    message: str


class _Map:
    """A mapping being evaluated. `local`: the task wrote it; `top`: not within another one."""

    __slots__ = ("items", "local", "positions", "source", "top", "value")

    def __init__(self, source: Params, *, local: bool, top: bool = False) -> None:
        self.source = source
        self.local = local
        self.top = top
        self.items: dict[str, Any] = {}
        self.positions: dict[str, int] = {}
        self.value: Params | None = None

    def position(self, key: str) -> int | None:
        if key not in self.source:
            return None
        if not self.positions:
            self.positions = {name: i for i, name in enumerate(self.source)}
        return self.positions[key]


class _List:
    """A list being evaluated."""

    __slots__ = ("items", "value")

    def __init__(self, items: list[Any]) -> None:
        self.items = items
        self.value: list[Any] | None = None


class _Text:
    """A text being evaluated: the mapping it stands in, where there, and its value once known."""

    __slots__ = ("busy", "local", "place", "position", "scope", "template", "value", "why")

    def __init__(self, template: Template, place: _Map, position: int, *, local: bool) -> None:
        self.template = template
        self.place = place
        self.position = position
        self.local = local
        self.busy = False
        self.value: str | Broken | None = None
        self.scope: Params | None = None  # what JavaScript gets, once that is complete
        self.why: dict[str, str] = {}  # names that have no value, and why


class Evaluation:
    """Texts are tried depth first; those that need JavaScript gather, and go in as few calls as
    their dependencies allow."""

    def __init__(
        self,
        params: Params,
        local: Params,
        merged: Params,
        javascript: JavaScript,
        timezone: str,
    ) -> None:
        self._params = params
        self._local = local
        self._javascript = javascript
        self._timezone = timezone
        overlap = not params.keys().isdisjoint(local)
        self._base = _Map(params, local=False, top=True)
        self._own = _Map(merged if overlap else local, local=True, top=True)
        self._reworked = self._affected() if overlap else frozenset()
        self._ready: list[_Text] = []
        self._waiting: dict[_Text, None] = {}
        self._trail: list[str] = []
        self._deadline: float | None = None

    def values(self, keys: list[str]) -> Params:
        """Of these keys, the values or `Broken`."""
        items = [(key, self._top_item(key)) for key in keys]
        values = {key: self._named(key, item) for key, item in items}
        if self._ready or self._waiting:
            self._settle()
            values = {key: self._named(key, item) for key, item in items}
        return values

    def _affected(self) -> frozenset[str]:
        """Merged parameters that see a value of the task's own, since it took an earlier place."""
        changed: set[str] = set()
        reworked: set[str] = set()
        for key, value in self._params.items():
            if key in self._local:
                changed.add(key)
            elif changed and any(
                template.whole or not changed.isdisjoint(template.names)
                for template in _templates(value)
            ):
                changed.add(key)
                reworked.add(key)
        return frozenset(reworked)

    # --- items: a value as it is, or one of the classes above for what holds expressions

    def _top_item(self, key: str) -> Any:
        if key in self._local or key in self._reworked:
            return self._item(self._own, key, local=key in self._local)
        return self._item(self._base, key, local=False)

    def _item(self, place: _Map, key: str, *, local: bool) -> Any:
        value = place.source[key]
        kind = type(value)
        if (kind is str and "$" not in value) or key in RAW_KEYS:
            return value
        if kind is not str and kind is not dict and kind is not list:
            return value
        if key not in place.items:
            place.items[key] = self._hold(value, place, place.position(key) or 0, local=local)
        return place.items[key]

    def _hold(self, value: Any, place: _Map, position: int, *, local: bool) -> Any:
        if not has_template(value):
            return value
        if isinstance(value, dict):
            return _Map(value, local=local)
        if isinstance(value, list):
            return _List([self._hold(item, place, position, local=local) for item in value])
        template = parse(value)
        if template.constant is not None:
            return template.constant
        return _Text(template, place, position, local=local)

    # --- values: the value itself, or Broken, or _PENDING

    def _value(self, item: Any) -> Any:
        kind = type(item)
        if kind is _Text:
            return item.value if item.value is not None else self._try(item)
        if kind is _Map:
            return item.value if item.value is not None else self._try_map(item)
        if kind is _List:
            return item.value if item.value is not None else self._try_list(item)
        return item

    def _try_map(self, place: _Map) -> Any:
        found: Params = {}
        whole = True
        for key in place.source:
            item = self._item(place, key, local=place.local)
            value = self._value_inside(item)
            if type(value) is Broken:
                return value
            whole = whole and value is not _PENDING and not _is_busy(item)
            found[key] = value
        if whole:
            place.value = found
        return _PENDING if _PENDING in _identities(found.values()) else found

    def _try_list(self, items: _List) -> Any:
        found = [self._value_inside(item) for item in items.items]
        for value in found:
            if type(value) is Broken:
                return value
        if _PENDING in _identities(found):
            return _PENDING
        if not any(map(_is_busy, items.items)):
            items.value = found
        return found

    def _value_inside(self, item: Any) -> Any:
        """Of a mapping or list: a text that asks for the mapping it is in sees itself unevaluated."""
        return item.template.text if _is_busy(item) else self._value(item)

    def _try(self, text: _Text) -> Any:
        if text.busy:
            cycle = " -> ".join(self._trail[self._trail.index(self._trail[-1]) :])
            return Broken(_failed(text.template, f"it refers to itself: {cycle}"))
        if text.scope is not None:
            return _PENDING
        text.busy = True
        try:
            value = self._simple(text)
            if value is MISSING:
                value = self._prepare(text)
        finally:
            text.busy = False
        if value is _PENDING:
            self._queue(text)
        else:
            text.value = value
        return value

    def _queue(self, text: _Text) -> None:
        if text.scope is None:
            self._waiting[text] = None
        else:
            self._ready.append(text)

    def _simple(self, text: _Text) -> Any:
        """The value without JavaScript, `MISSING` where it takes JavaScript."""
        if not text.template.plain:
            return MISSING
        pieces = []
        for part in text.template.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = self._follow(part.path, text)
            if value is _PENDING or type(value) is Broken:
                return value
            piece = None if value is MISSING else text_of(value)
            if piece is None:
                return MISSING
            pieces.append(piece)
        return "".join(pieces)

    def _follow(self, path: tuple[str, ...], text: _Text) -> Any:
        item = self._find(path[0], text)
        for name in path[1:]:
            if type(item) is _Map and name in item.source:
                item = self._item(item, name, local=item.local)
            elif type(item) is dict and name in item:
                item = item[name]
            else:
                value = self._named(path[0], item) if type(item) is _Text else MISSING
                return value if value is _PENDING or type(value) is Broken else MISSING
        return self._named(path[-1], item)

    def _prepare(self, text: _Text) -> Any:
        """Gather what JavaScript will see; `_PENDING` in any case."""
        if text.template.whole:
            return _PENDING
        scope: Params = {}
        for name in text.template.names:
            value = self._named(name, self._find(name, text))
            if value is _PENDING:
                return _PENDING
            if type(value) is Broken:
                text.why[name] = value.message
            elif value is not MISSING:
                scope[name] = value
        text.scope = scope
        return _PENDING

    def _named(self, name: str, item: Any) -> Any:
        if len(self._trail) > DEEPEST:
            return Broken(
                f"{name} is at the end of more than {DEEPEST} parameters that use the next"
            )
        self._trail.append(name)
        try:
            return self._value(item)
        finally:
            self._trail.pop()

    def _find(self, name: str, text: _Text) -> Any:
        """The item a name means, seen from a text; `MISSING` when nothing has that name."""
        place = text.place
        position = place.position(name)
        if position is not None and position < text.position:
            return self._sibling(place, name)
        if name in self._params:
            return self._item(self._base, name, local=False)
        if text.local:
            if position is not None and position != text.position:
                return self._sibling(place, name)
            if not place.top and name in self._local:
                return self._top_item(name)
        return MISSING

    def _sibling(self, place: _Map, name: str) -> Any:
        return self._top_item(name) if place.top else self._item(place, name, local=place.local)

    # --- JavaScript

    def _settle(self) -> None:
        while self._ready or self._waiting:
            if not self._ready:
                self._show_all()
            self._run_ready()
            waiting, self._waiting = self._waiting, {}
            for text in waiting:
                if text.value is None:
                    self._try(text)

    def _show_all(self) -> None:
        """Texts that may use any name come last, and see what has a value by then."""
        for text in [text for text in self._waiting if text.template.whole] or [*self._waiting]:
            names = dict.fromkeys([*self._params, *self._local, *text.place.source])
            found = {name: self._named(name, self._find(name, text)) for name in names}
            text.scope = {n: v for n, v in found.items() if not isinstance(v, Broken | _Mark)}
            text.why = {n: v.message for n, v in found.items() if isinstance(v, Broken)}
            self._ready.append(text)

    def _run_ready(self) -> None:
        ready, self._ready = self._ready, []
        units = [unit(text.template, text.scope or {}) for text in ready]
        self._deadline = self._deadline or self._javascript.deadline()
        answers = self._javascript.evaluate(units, self._timezone, self._deadline)
        for text, answer in zip(ready, answers, strict=True):
            if isinstance(answer, Failure):
                text.value = Broken(message(text.template, answer, text.why))
            else:
                text.value = joined(text.template, answer)


def _is_busy(item: Any) -> bool:
    return type(item) is _Text and item.busy


def _identities(values: Iterable[Any]) -> Iterator[Any]:
    """Only marks, so that values need not be comparable."""
    return (value for value in values if type(value) is _Mark)


def has_template(value: Any) -> bool:
    """True when there is a text to evaluate at any depth; a `Literal` is none."""
    kind = type(value)
    if kind is str:
        return "$" in value
    if kind is dict:
        for key, item in value.items():
            if has_template(item) and key not in RAW_KEYS:
                return True
    elif kind is list:
        for item in value:
            if has_template(item):
                return True
    return False


def _templates(value: Any) -> Iterator[Template]:
    if type(value) is str:
        if "$" in value:
            yield parse(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in RAW_KEYS:
                yield from _templates(item)
    elif isinstance(value, list):
        for item in value:
            yield from _templates(item)


def unit(template: Template, scope: Params) -> Unit:
    return Unit(template.expressions, scope)


def joined(template: Template, texts: list[str]) -> str:
    answers = iter(texts)
    return "".join(part if isinstance(part, str) else next(answers) for part in template.parts)


def message(template: Template, failure: Failure, why: dict[str, str]) -> str:
    if failure.name is not None and failure.name in why:
        return why[failure.name]
    return _failed(template, failure.error)


def _failed(template: Template, reason: str) -> str:
    return f"Failed to evaluate a variable {template.text} ({reason})"
