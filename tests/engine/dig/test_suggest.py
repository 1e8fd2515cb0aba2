"""suggest.py: the end of a message."""

from engine.dig.suggest import did_you_mean


def test_the_nearest_word_is_named() -> None:
    assert did_you_mean("paralel", ["_parallel", "_after"]) == " (did you mean '_parallel'?)"


def test_nothing_is_said_when_no_word_is_near() -> None:
    assert did_you_mean("zzzzzz", ["_parallel"]) == ""
    assert did_you_mean("x", []) == ""


def test_an_endless_word_has_no_neighbour() -> None:
    assert did_you_mean("x" * 1_000_000, ["x" * 100] * 100) == ""
