"""JSON Schemas of what people write, and one function that applies them.

A schema says what is expected in the `description` of a value, as the words that follow "expected".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Violation:
    """A place in a value that breaks the schema.

    `path` leads to the value, or to the key to blame when it is `on_key`. For an unknown key,
    `known` holds the keys that may stand there.
    """

    path: tuple[str | int, ...]
    message: str
    on_key: bool = False
    known: tuple[str, ...] = ()

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        return "".join(f"/{step}" for step in steps)


def check(name: str, value: Any) -> list[Violation]:
    """What in `value` breaks the schema `name` ("settings", "trigger"); in the order of places."""
    found = [
        violation
        for error in _validator(name).iter_errors(value)
        for violation in _violations(error)
    ]
    return sorted(found, key=lambda violation: [str(step) for step in violation.path])


@lru_cache(maxsize=32)
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _violations(error: Any) -> Iterator[Violation]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = tuple(error.schema.get("properties", ()))
        for key in error.instance:
            if key not in known:
                message = f"Unknown key {_shown(key)}"
                yield Violation((*path, key), message, on_key=True, known=known)
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        if error.message.startswith(repr(missing[0])):  # one error per key, told once
            names = ", ".join(_shown(key) for key in missing)
            yield Violation(path, f"{names} {'is' if len(missing) == 1 else 'are'} missing")
    elif "propertyNames" in error.absolute_schema_path:
        key = error.instance
        yield Violation((*path, key), _expected(error, key), on_key=True)
    else:
        yield Violation(path, _expected(error, error.instance))


def _expected(error: Any, found: Any) -> str:
    wanted = error.schema.get("description") or f"{error.validator} {_shown(error.validator_value)}"
    return f"Expected {wanted}; found {_shown(found)}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[: _SHOWN - 1]}…'"
