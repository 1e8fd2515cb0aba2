"""The nearest known word, as the end of a message."""

from __future__ import annotations

from collections.abc import Iterable

from engine.dig import limits
from engine.words import nearest

__all__ = ["did_you_mean", "nearest"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " (did you mean 'x'?)" with the nearest known word, or nothing."""
    if len(word) > limits.NAME_LENGTH:
        return ""
    words = nearest(word, known)
    return f" (did you mean '{words[0]}'?)" if words else ""
