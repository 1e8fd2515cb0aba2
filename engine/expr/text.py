"""A value as the text that `${...}` makes of it, where Python can tell without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_EXACT = 2**53  # integers beyond lose precision in JavaScript
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def text_of(value: Any) -> str | None:
    """The text, None where JavaScript has to be asked (language.md §12.6)."""
    if isinstance(value, str):
        return None if _has_surrogate(value) else str(value)
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return _scalar(value)
    if isinstance(value, dict | list) and _is_simple(value):
        return _ENCODER.encode(value)
    return None


def _scalar(value: bool | float) -> str | None:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value) if -_EXACT < value < _EXACT else None
    if value.is_integer():
        return _scalar(int(value))
    text = repr(value)
    return None if "e" in text or "n" in text else text


def _is_simple(value: Any) -> bool:
    """True where JSON text is the same in both: no odd numbers, no keys that JavaScript sorts."""
    if isinstance(value, str):
        return not _has_surrogate(value)
    if isinstance(value, dict):
        return _has_simple_keys(value) and all(map(_is_simple, value.values()))
    if isinstance(value, list):
        return all(map(_is_simple, value))
    if isinstance(value, float):
        # 1.0 is 1 there.
        return not value.is_integer() and _scalar(value) is not None
    return value is None or (isinstance(value, int) and -_EXACT < value < _EXACT)


def _has_simple_keys(value: Mapping[Any, Any]) -> bool:
    return all(isinstance(key, str) and not key.isdecimal() and _is_simple(key) for key in value)


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
