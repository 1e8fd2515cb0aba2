"""What a plain scalar of a `.dig` file means, and what explicit tags make of one (language.md §2).

Stricter than YAML 1.1 on purpose: `yes`, `0.5`, `12:30` and dates are text, `010` is eight.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

_WORDS: dict[str, Any] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "": None,
}
_NUMBER_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)")
# No decimal fraction may begin with the digit 0; base 60 survives where there is a fraction.
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[1-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_MAX_DIGITS = 4000  # Python refuses to read longer integers


def plain(text: str) -> Any:
    """The value of a scalar without quotes and tag."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START or len(text) > _MAX_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag. Raises ValueError; KeyError for an unknown tag."""
    return _TAGS[tag](text)


def as_key(value: Any) -> str:
    """A key that is no text becomes text: `1` → "1", `[a, b]` → "[a, b]". Null: ValueError."""
    if value is None:
        raise ValueError("a key cannot be null")
    return value if isinstance(value, str) else _key_text(value)


def _key_text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(_key_text(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key}={_key_text(item)}' for key, item in value.items())}}}"
    return str(value)


def _integer(text: str) -> Any:
    sign, digits = _sign(text.replace("_", ""))
    if digits == "0":
        return 0
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
            return sign * int(digits, base) if digits else text
    return sign * int(digits)


def _float(text: str) -> Any:
    sign, digits = _sign(text.replace("_", ""))
    if digits[1:].isalpha():
        return {"inf": "Infinity", "nan": "NaN"}[digits[1:].lower()] if sign > 0 else "-Infinity"
    number = 0.0
    for part in digits.split(":"):
        number = number * 60 + float(part)
    if math.isinf(number):
        return "Infinity" if sign > 0 else "-Infinity"
    return sign * number


def _sign(text: str) -> tuple[int, str]:
    if text[0] in "+-":
        return (-1 if text[0] == "-" else 1), text[1:]
    return 1, text


def _tagged_integer(text: str) -> int:
    value = _integer(text) if _INTEGER.fullmatch(text) and len(text) <= _MAX_DIGITS else None
    if not isinstance(value, int):
        raise ValueError("an integer is expected")
    return value


def _tagged_float(text: str) -> Any:
    try:
        return _float(text) if _FLOAT.fullmatch(text) else float(text.replace("_", ""))
    except ValueError:
        raise ValueError("a number is expected") from None


def _tagged_bool(text: str) -> bool:
    word = text.lower()
    if word not in _BOOLEANS:
        raise ValueError("true or false is expected")
    return _BOOLEANS[word]


def _tagged_binary(text: str) -> str:
    try:
        return base64.b64encode(base64.b64decode(text)).decode()
    except binascii.Error as error:
        raise ValueError("text in base64 is expected") from error


def _tagged_timestamp(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a date, or a date and time, is expected") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_STANDARD = "tag:yaml.org,2002:"
_TAGS: dict[str, Callable[[str], Any]] = {
    "!": lambda text: text,
    _STANDARD + "str": lambda text: text,
    _STANDARD + "int": _tagged_integer,
    _STANDARD + "float": _tagged_float,
    _STANDARD + "bool": _tagged_bool,
    _STANDARD + "null": lambda _text: None,
    _STANDARD + "binary": _tagged_binary,
    _STANDARD + "timestamp": _tagged_timestamp,
}
