"""Secrets: their keys, `${secret:KEY}` in text, `_secrets`, and hiding values in what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.errors import ConfigError

SecretLookup = Callable[[int, str], str | None]  # (project id, key) -> value

MASK = "***"
MAX_KEY = 255
MAX_VALUE = 16 * 1024  # bytes
_KEY = re.compile(r"(?:[a-zA-Z]|[a-zA-Z][\w-]*[a-zA-Z0-9])", re.ASCII)
_IN_TEXT = re.compile(r"\$\{\s*secret:([^{}]*)\}")
_SHORTEST = 4  # characters; hiding shorter values would hide half of the text


def valid_key(key: str) -> bool:
    """Segments joined by dots (operators.md §3.8)."""
    return len(key) <= MAX_KEY and all(_KEY.fullmatch(segment) for segment in key.split("."))


def has_secrets(text: str) -> bool:
    return "${" in text and _IN_TEXT.search(text) is not None


def fill(text: str, secret: Callable[[str], str]) -> str:
    """`text` with each `${secret:KEY}` replaced by `secret(KEY)`. All else stays as it is."""
    if "${" not in text:
        return text
    return _IN_TEXT.sub(lambda match: secret(match[1].strip()), text)


def renamed(key: str, rules: Any) -> str:
    """The key that is read when an operator asks for `key`, by the value of `_secrets`.

    A text at any depth takes the place of the part of the key that leads to it.
    """
    segments = key.split(".")
    below = _mapping({} if rules is None else rules)
    for depth, segment in enumerate(segments, start=1):
        rule = below.get(segment)
        if isinstance(rule, str):
            return ".".join([rule, *segments[depth:]])
        if rule is None or rule is True:
            return key
        below = _mapping(rule)
    return key


def _mapping(rules: Any) -> Mapping[str, Any]:
    if not isinstance(rules, Mapping):
        raise ConfigError(
            f"Illegal value in _secrets: {rules!r} (expected the name of a secret or a mapping)"
        )
    return rules


class Masker:
    """Hides values in text and, line by line, in a stream of bytes."""

    def __init__(self, values: Iterable[str]) -> None:
        lines = {line for value in values for line in value.splitlines()}
        needles = sorted((n for n in lines if len(n) >= _SHORTEST), key=len, reverse=True)
        self._text = re.compile("|".join(map(re.escape, needles))) if needles else None
        self._bytes = (
            re.compile(b"|".join(re.escape(n.encode("utf-8", "replace")) for n in needles))
            if needles
            else None
        )
        self._longest = max((len(n.encode("utf-8", "replace")) for n in needles), default=0)
        self._held = b""

    def text(self, text: str) -> str:
        return self._text.sub(MASK, text) if self._text else text

    def feed(self, data: bytes) -> bytes:
        """What can be shown of the stream so far: whole lines, or all but a secret's length."""
        self._held += data
        cut = self._held.rfind(b"\n") + 1
        if not cut and len(self._held) > self._longest:
            cut = 0 if len(self._held) < 1 << 16 else len(self._held) - self._longest
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._hide(ready)

    def end(self) -> bytes:
        """The rest."""
        ready, self._held = self._held, b""
        return self._hide(ready)

    def _hide(self, data: bytes) -> bytes:
        return self._bytes.sub(MASK.encode(), data) if self._bytes else data

    def value(self, value: Any) -> Any:
        """The same for every text of a tree of JSON values."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value
