"""Values as text, without JavaScript and with it: both must say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expr.javascript import JavaScript, Unit
from engine.expr.syntax import parse
from engine.expr.text import text_of

JAVASCRIPT = JavaScript()
X = parse("${(x)}").expressions
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.text(alphabet='\ud800\udfff\0\x1f\x7f\u2028"\\/é😀', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["1", "0", "__proto__"]), inner)
    ),
    max_leaves=8,
)


def by_javascript(value: Any) -> Any:
    answer = JAVASCRIPT.evaluate([Unit(X, {"x": value})], "UTC")[0]
    assert isinstance(answer, list), answer
    return answer[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (1e15, "1000000000000000"),
        (0.0001, "0.0001"),
        (True, "true"),
        (None, ""),
        ({"k": [1, "2"]}, '{"k":[1,"2"]}'),
        ([1, None, False], "[1,null,false]"),
        ({"a": 'é\n"\x01'}, '{"a":"é\\n\\"\\u0001"}'),
        ([], "[]"),
    ],
)
def test_the_short_way(value, text):
    assert text_of(value) == text == by_javascript(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**53 + 1, "9007199254740992"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (float("nan"), ""),
        (float("inf"), ""),
        ([float("nan")], "[null]"),
        ([1.0], "[1]"),
        ({"b": 1, "2": 1, "1": 1}, '{"1":1,"2":1,"b":1}'),
        ({"a": "\ud800"}, '{"a":"\\ud800"}'),
    ],
)
def test_where_javascript_is_asked(value, text):
    assert text_of(value) is None
    assert by_javascript(value) == text


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_both_ways_agree(value):
    short = text_of(value)

    assert short is None or short == by_javascript(value)
