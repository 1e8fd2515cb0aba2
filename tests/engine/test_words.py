from __future__ import annotations

import pytest

from engine.words import nearest


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("parallel", ["_parallel"]),
        ("skip_on_over_time", ["skip_on_overtime"]),
        ("zzzzzzzzzzzz", []),
        ("_error", ["_error"]),
    ],
)
def test_the_nearest_known_words(word, found):
    assert nearest(word, ["_parallel", "skip_on_overtime", "_error"]) == found


def test_half_the_length_rounded_down_is_the_limit():
    assert nearest("abxyz", ["abcde"]) == []
    assert nearest("abcyz", ["abcde"]) == ["abcde"]


def test_nearest_comes_first():
    assert nearest("dail", ["weekly", "daily", "mail"]) == ["daily", "mail"]
