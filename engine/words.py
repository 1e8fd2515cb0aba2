"""The nearest known word for one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Known words whose edit distance is at most half their length, rounded down; nearest first."""
    measured = [(_distance(word, candidate), candidate) for candidate in known]
    return [
        candidate for distance, candidate in sorted(measured) if distance <= len(candidate) // 2
    ]


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            replaced = diagonal + (char != other)
            diagonal = row[j]
            row[j] = min(row[j] + 1, row[j - 1] + 1, replaced)
    return row[-1]
