"""Reading parameters as a wanted type, with Digdag's conversions and messages (language.md §9).

Each function reads `params[key]`. Without a default, a missing key and a null raise `ConfigError`;
with one, both give the default. A value that cannot be converted always raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from engine.errors import ConfigError

T = TypeVar("T")
K = TypeVar("K")


class _Required:
    pass


REQUIRED: Final = _Required()

_DURATION = re.compile(
    r"\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*s)?\s*",
    re.IGNORECASE | re.ASCII,
)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_TRUTH = {"true": True, "True": True, "false": False, "False": False, "": False, "null": False}
_SAMPLE = 100


def as_text(params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED) -> str | T:
    """A text; a number or boolean gives its JSON text."""
    value = params.get(key)
    if value is None:
        return _absent(params, key, default)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise _refused("string type", key, value)


def as_int(params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED) -> int | T:
    """An integer; the fraction of a float is dropped, a text may hold an integer."""
    value = params.get(key)
    if value is None:
        return _absent(params, key, default)
    if isinstance(value, bool):
        raise _refused("integer (int) type", key, value)
    if isinstance(value, int):
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if text in ("", "null"):
            return 0
        if _INTEGER.fullmatch(text) and len(text) < _SAMPLE:
            return int(text)
    raise _refused("integer (int) type", key, value)


def as_bool(params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED) -> bool | T:
    """A boolean; an integer other than 0 is true, a text may hold `true` or `false`."""
    value = params.get(key)
    if value is None:
        return _absent(params, key, default)
    if isinstance(value, int):
        return bool(value)
    if isinstance(value, str) and (truth := _TRUTH.get(value.strip())) is not None:
        return truth
    raise _refused("'true' or 'false'", key, value)


def as_list(
    params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED
) -> list[Any] | T:
    """A list, never a text that holds one."""
    return _as(list, "array type", params, key, default)


def as_map(
    params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED
) -> dict[str, Any] | T:
    """A mapping, never a text that holds one."""
    return _as(dict, "object type", params, key, default)


def as_duration(
    params: Mapping[str, Any], key: str, default: T | _Required = REQUIRED
) -> timedelta | T:
    """A length of time such as `1d 2h 30m 5s`: units in that order, at least one."""
    value = params.get(key)
    if value is None:
        return _absent(params, key, default)
    duration = parse_duration(value) if isinstance(value, str) else None
    if duration is None:
        raise ConfigError(
            f"Expected a duration such as '1h 30m' for key '{key}'"
            f" but got {_sample(value)} ({_type_name(value)})"
        )
    return duration


def parse_duration(text: str) -> timedelta | None:
    """The length of time a text tells, None when it tells none."""
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def _as(
    kind: type[K], wanted: str, params: Mapping[str, Any], key: str, default: T | _Required
) -> K | T:
    value = params.get(key)
    if value is None:
        return _absent(params, key, default)
    if isinstance(value, kind):
        return value
    raise _refused(wanted, key, value)


def _absent(params: Mapping[str, Any], key: str, default: T | _Required) -> T:
    if isinstance(default, _Required):
        state = "null" if key in params else "not set"
        raise ConfigError(f"Parameter '{key}' is required but {state}")
    return default


def _refused(wanted: str, key: str, value: Any) -> ConfigError:
    return ConfigError(
        f"Expected {wanted} for key '{key}' but got {_sample(value)} ({_type_name(value)})"
    )


def _sample(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text if len(text) < _SAMPLE else f"{text[: _SAMPLE - 3]}..."


def _type_name(value: Any) -> str:
    for kinds, name in (
        (bool, "boolean"),
        (int | float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    ):
        if isinstance(value, kinds):
            return name
    return "null" if value is None else type(value).__name__
