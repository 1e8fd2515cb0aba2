"""A task's parameters, evaluated by dependency (language.md §10-11, decisions.md "Fixed here").

The result is what Digdag gives wherever Digdag gives a value. A name in an expression is, in this
order: an earlier key of the mapping the text stands in; a merged parameter; and for the task's own
keys also a later key of that mapping, or one of the task's keys. All of them evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import EvaluationFailed
from engine.expr.dependency import (
    MISSING,
    RAW_KEYS,
    Broken,
    Evaluation,
    has_template,
    joined,
    message,
    unit,
)
from engine.expr.javascript import Failure, JavaScript
from engine.expr.syntax import Template, parse
from engine.expr.text import text_of
from engine.params import Literal, Params, merge

OWN_KEYS = frozenset({"_check", "_error"})  # parts of the task that other tasks will run


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`params`: all merged, the task's keys over them. `local`: the task's own keys.

    `broken` tells why an export has no value; `params` lacks it. Subtrees may be shared with what
    was given: never change them.
    """

    params: Params
    local: Params
    broken: dict[str, str]


def evaluate(params: Params, local: Params, *, javascript: JavaScript, timezone: str) -> Evaluated:
    """Evaluate merged parameters and a task's own keys over them.

    Raises `EvaluationFailed` when one of the task's own keys cannot be evaluated.
    """
    try:
        return _evaluate(params, local, javascript, timezone)
    except RecursionError:
        raise EvaluationFailed("The parameters are nested too deeply") from None


def _evaluate(params: Params, local: Params, javascript: JavaScript, timezone: str) -> Evaluated:
    own = local
    if not OWN_KEYS.isdisjoint(local):
        own = {key: value for key, value in local.items() if key not in OWN_KEYS}
    merged = merge(params, own)
    # Most tasks have few texts to evaluate among many parameters: only those cost more than a look.
    keys = [key for key, value in merged.items() if has_template(value) and key not in RAW_KEYS]
    values: Params = {}
    if params.keys().isdisjoint(own):
        values = _easy(keys, merged, params, own)
    broken: dict[str, str] = {}
    if len(values) < len(keys):
        left = [key for key in keys if key not in values]
        rest = Evaluation(params, own, merged, javascript, timezone).values(left)
        broken = {key: value.message for key, value in rest.items() if type(value) is Broken}
        values.update(rest)
    return _result(merged, own, values, broken)


def _easy(keys: list[str], merged: Params, params: Params, own: Params) -> Params:
    """Texts of plain names that lead to parameters with nothing to evaluate."""
    found = {}
    for key in keys:
        value = merged[key]
        if type(value) is str:
            text = _looked_up(parse(value), params, hidden=own, raw=True)
            if text is not None:
                found[key] = text
    return found


def _result(merged: Params, own: Params, values: Params, broken: dict[str, str]) -> Evaluated:
    for key in own if broken else ():
        if key in broken:
            raise EvaluationFailed(broken[key])
    if not values:
        return Evaluated(merged, own, {})
    params = {**merged, **values}
    for key in broken:
        del params[key]
    local = {
        key: _part(values[key], value) if key in values else value for key, value in own.items()
    }
    return Evaluated(params, local, broken)


def evaluate_text(
    text: str,
    scope: Params,
    *,
    javascript: JavaScript,
    timezone: str,
    broken: dict[str, str] | None = None,
) -> str:
    """The value of one text; `scope` is not evaluated. Raises `EvaluationFailed`."""
    if "$" not in text or isinstance(text, Literal):
        return text
    template = parse(text)
    simple = _looked_up(template, scope, hidden={}, raw=False)
    if simple is not None:
        return simple
    names = scope if template.whole else template.names
    seen = {name: scope[name] for name in names if name in scope}
    answer = javascript.evaluate([unit(template, seen)], timezone)[0]
    if isinstance(answer, Failure):
        raise EvaluationFailed(message(template, answer, broken or {}))
    return joined(template, answer)


def _looked_up(template: Template, scope: Params, *, hidden: Params, raw: bool) -> str | None:
    """The value where plain names suffice, else None. `raw`: the scope is not evaluated yet."""
    if not template.plain:
        return None
    pieces = []
    for part in template.parts:
        text: str | None
        if isinstance(part, str):
            text = part
        else:
            value = MISSING if part.path[0] in hidden else _walk(scope, part.path)
            text = None if raw and has_template(value) else text_of(value)
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    """The value that names joined by dots lead to; `MISSING` where one leads nowhere."""
    for name in path:
        if type(value) is not dict or name not in value:
            return MISSING
        value = value[name]
    return value


def _part(value: Any, written: Any) -> Any:
    """Of an evaluated value, what the task itself wrote."""
    if isinstance(value, dict) and isinstance(written, dict):
        return {key: _part(value[key], item) for key, item in written.items()}
    return value
