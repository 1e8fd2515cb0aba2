"""What a measure gives: figures beside their goals."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MORE, LESS = "≥", "≤"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `sense` tells which side of the goal is the good one; no goal: for information."""

    what: str
    value: float
    unit: str
    sense: str = LESS
    goal: float | None = None

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.value >= self.goal if self.sense == MORE else self.value <= self.goal

    @property
    def ratio(self) -> float | None:
        """How much better than the goal: 1 meets it exactly, 0.5 misses it by half."""
        if self.goal is None:
            return None
        return self.value / self.goal if self.sense == MORE else self.goal / max(self.value, 1e-9)


@dataclass(frozen=True, slots=True)
class Measure:
    """A goal of performance.md: its number, what it is about, and how to find out in a folder."""

    name: str
    about: str
    take: Callable[[Path], list[Figure]]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]
