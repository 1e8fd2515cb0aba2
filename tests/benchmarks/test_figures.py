"""Figures beside their goals."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import MEASURES, line, main
from benchmarks.figures import MORE, Figure, percentile


@pytest.mark.parametrize(
    ("figure", "met", "ratio"),
    [
        (Figure("rate", 700, "tasks/s", MORE, 700), True, 1.0),
        (Figure("rate", 350, "tasks/s", MORE, 700), False, 0.5),
        (Figure("time", 500, "ms", goal=250), False, 0.5),
        (Figure("time", 125, "ms", goal=250), True, 2.0),
        (Figure("time", 125, "ms"), True, None),
    ],
)
def test_a_figure_is_held_against_its_goal(figure, met, ratio):
    assert (figure.met, figure.ratio) == (met, ratio)


def test_a_missed_goal_says_by_how_much():
    assert line(Figure("rate", 350, "tasks/s", MORE, 700)).endswith(
        "goal ≥ 700   missed: 50% of the goal"
    )


def test_percentiles():
    assert percentile(range(1, 201), 99) == 199
    assert percentile([7], 99) == 7


def test_the_measures_of_this_version():
    assert list(MEASURES) == ["P1", "P2", "P3", "P5", "P8", "P10", "P15"]


def test_an_unknown_measure_is_answered_with_the_known_ones(capsys):
    assert main(["P99"]) == 2
    assert "P1 P2" in capsys.readouterr().err
