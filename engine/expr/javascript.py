"""Expressions, evaluated by quickjs-ng in warm contexts, within limits of time, memory and size.

A context with everything in it frozen serves many evaluations, and any thread, one at a time. What
needs more than that (an assignment to a new name, another locale) gets a context of its own.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.expr.localtime import table
from engine.expr.syntax import Expression

_SOURCES = Path(__file__).with_name("js")
_STRICT = json.JSONEncoder(separators=(",", ":"), default=str, allow_nan=False)
_USES = re.compile(r"\b(?:(?P<date>Date)|(?P<moment>moment|this)|(?P<tz>tz))\b")
_UNDEFINED = re.compile(r"ReferenceError: (\S+) is not defined")
# What a frozen context says where a fresh one would go on.
_FROZEN = re.compile(
    r"read-only|not extensible|is not writable|cannot (?:add|define|delete)|no setter"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one call, in seconds and bytes; of all texts of a task together, `total` seconds."""

    seconds: float = 0.25
    total: float = 1.4
    memory: int = 32 * 1024 * 1024
    stack: int = 256 * 1024
    code: int = 64 * 1024
    scope: int = 8 * 1024 * 1024
    uses: int = 5000  # of one context
    idle: int = 4  # contexts that are kept


@dataclass(frozen=True, slots=True)
class Unit:
    """The expressions of one text, in order, and the values they may see."""

    expressions: tuple[Expression, ...]
    scope: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a unit has no value: `error` as JavaScript says it, `name` when a name is not defined."""

    error: str
    name: str | None = None


Answer = list[str] | Failure


class JavaScript:
    """A pool of contexts. Any thread may call `evaluate` at any time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._idle: dict[int, list[_Context]] = {0: [], 1: [], 2: []}

    def deadline(self) -> float:
        """For evaluations that begin now and belong together."""
        return time.monotonic() + self.limits.total

    def evaluate(
        self, units: Sequence[Unit], timezone: str, deadline: float | None = None
    ) -> list[Answer]:
        """One answer per unit: the text of each expression, or why there is none.

        `timezone` is the zone of local time. Raises `ConfigError` when there is no such zone.
        """
        deadline = deadline or self.deadline()
        answers: list[Answer | None] = [self._refused(unit) for unit in units]
        left = [i for i, answer in enumerate(answers) if answer is None]
        together = self._run([units[i] for i in left], timezone, deadline) if left else []
        for i, answer in zip(left, together, strict=True):
            again = isinstance(answer, Failure) and _deserves_fresh(units[i], answer)
            fresh = self._run([units[i]], timezone, deadline, fresh=True)[0] if again else None
            answers[i] = answer if fresh is None else fresh
        return [answer for answer in answers if answer is not None]

    def _refused(self, unit: Unit) -> Failure | None:
        if any(expression.big for expression in unit.expressions):
            return Failure("SyntaxError: BigInt literals are not supported")
        size = sum(len(expression.code) for expression in unit.expressions)
        if size > self.limits.code:
            return Failure(f"RangeError: {size} characters are too long for an expression")
        return None

    def _run(
        self, units: list[Unit], timezone: str, deadline: float, *, fresh: bool = False
    ) -> list[Answer]:
        """All in one call; one by one when that is cut off, so that each gets its own answer."""
        level, dated = _needs(units)
        try:
            request = _request(units)
            if len(request) > self.limits.scope:
                raise _CutOff(f"RangeError: {len(request)} bytes of parameters are too many")
            context = self._take(level, fresh=fresh)
            answers = context.run(request, timezone if dated else None, deadline)
        except _CutOff as cut:
            if len(units) == 1:
                return [Failure(str(cut))]
            return [self._run([unit], timezone, deadline, fresh=fresh)[0] for unit in units]
        if not fresh and context.uses < self.limits.uses and not any(map(_is_strained, answers)):
            self._give_back(level, context)
        return answers

    def _take(self, level: int, *, fresh: bool) -> _Context:
        if not fresh:
            try:
                return self._idle[level].pop()
            except IndexError:
                pass
        return _Context(level, self.limits, frozen=not fresh)

    def _give_back(self, level: int, context: _Context) -> None:
        if len(self._idle[level]) < self.limits.idle:
            self._idle[level].append(context)


class _CutOff(Exception):
    """The call was stopped, or could not be made; its context is not used again."""


class _Context:
    """One quickjs context. Not for two threads at once."""

    def __init__(self, level: int, limits: Limits, *, frozen: bool) -> None:
        import quickjs

        self._limits = limits
        self._stopped = quickjs.JSException
        self._context = quickjs.Context()
        self._context.set_max_stack_size(limits.stack)
        environment = self._context.eval(_source("environment.js"))
        self._context.eval(_source("date.js"))(environment)
        for library in ("moment.min.js", "moment-timezone.min.js")[:level]:
            self._context.eval(_source(library))
        self._call = self._context.eval(_source("harness.js"))(environment, frozen)
        self._context.set_memory_limit(limits.memory)
        self._context.set_time_limit(limits.seconds)
        self._zones: set[str] = set()
        self.uses = 0

    def run(self, request: str, timezone: str | None, deadline: float) -> list[Answer]:
        self.uses += 1
        zone = self._zone(timezone) if timezone else "null,null"
        text = self._limited(f"[{zone},{request}]", deadline)
        if timezone:
            self._zones.add(timezone)
        return [_answer(answer) for answer in json.loads(text)]

    def _zone(self, name: str) -> str:
        """The zone's name, and its table where it is not known here yet, as JSON."""
        known = name in self._zones
        return _STRICT.encode([name, None if known else table(name)])[1:-1]

    def _limited(self, request: str, deadline: float) -> str:
        """The call within the time limit, which quickjs counts in processor time of the process.

        Where other threads used it up, the call is made again with as much more as they use.
        """
        limit = self._limits.seconds
        while True:
            began = time.monotonic()
            if began >= deadline:
                raise _CutOff(f"InternalError: not evaluated within {self._limits.total:g} seconds")
            try:
                return str(self._call(request))
            except self._stopped as error:
                message = str(error)
            took = time.monotonic() - began
            if "interrupted" not in message:
                raise _CutOff(_memory_or(message))
            if took >= self._limits.seconds * 0.8:
                raise _CutOff(f"InternalError: stopped after {self._limits.seconds:g} seconds")
            limit *= 1.1 * self._limits.seconds / max(took, limit / 64)
            self._context.set_time_limit(limit)


def _is_strained(answer: Answer) -> bool:
    """True after a limit was hit: the context may hold what it left behind."""
    return isinstance(answer, Failure) and answer.error.startswith(("InternalError", "RangeError"))


def _memory_or(message: str) -> str:
    first = message.partition("\n")[0]
    return "InternalError: out of memory" if first in ("", "null") else first


def _needs(units: Sequence[Unit]) -> tuple[int, bool]:
    """The libraries the texts mention, as a level (0, Moment, Moment with zones), and local time."""
    level, dated = 0, False
    for unit in units:
        for expression in unit.expressions:
            more, local = _uses(expression.code)
            level, dated = max(level, more), dated or local
    return level, dated


@lru_cache(maxsize=4096)
def _uses(code: str) -> tuple[int, bool]:
    found = {use.lastgroup for use in _USES.finditer(code)}
    level = 2 if "tz" in found else 1 if "moment" in found else 0
    return level, bool(found)


def _request(units: Sequence[Unit]) -> str:
    given = [[[item.code for item in unit.expressions], unit.scope] for unit in units]
    try:
        return _STRICT.encode(given)
    except ValueError:
        return _STRICT.encode(_without_nan(given))
    except RecursionError:
        raise _CutOff("RangeError: the parameters are nested too deeply") from None


def _without_nan(value: Any) -> Any:
    """JSON has no NaN and no infinities; JavaScript writes them as null."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value


def _answer(given: Any) -> Answer:
    if isinstance(given, list):
        return given
    error = _memory_or(str(given))
    if name := _UNDEFINED.fullmatch(error):
        return Failure(f'ReferenceError: "{name[1]}" is not defined', name[1])
    return Failure(error)


def _deserves_fresh(unit: Unit, failure: Failure) -> bool:
    """True where the failure may come of things being frozen: it is no error in the text itself."""
    if failure.error.startswith(("SyntaxError", "InternalError")):
        return False
    if _FROZEN.search(failure.error):
        return True
    # An assignment that had no effect; a cache that Moment could not fill.
    signs = ("=", "moment") if failure.error.startswith("TypeError") else ("=",)
    return any(sign in item.code for item in unit.expressions for sign in signs)


@lru_cache(maxsize=8)
def _source(name: str) -> str:
    return (_SOURCES / name).read_text("utf-8")
