"""Conversions of language.md §9, with their messages."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.params import Literal
from engine.typed import as_bool, as_duration, as_int, as_list, as_map, as_text, parse_duration


@pytest.mark.parametrize(
    ("read", "value", "wanted"),
    [
        (as_text, "a", "a"),
        (as_text, Literal("$"), "$"),
        (as_text, 1, "1"),
        (as_text, 1.0, "1.0"),
        (as_text, True, "true"),
        (as_int, 3, 3),
        (as_int, 1.9, 1),
        (as_int, -1.9, -1),
        (as_int, " 12 ", 12),
        (as_int, "-5", -5),
        (as_int, "", 0),
        (as_int, "null", 0),
        (as_bool, True, True),
        (as_bool, 0, False),
        (as_bool, 2, True),
        (as_bool, " True ", True),
        (as_bool, "false", False),
        (as_bool, "", False),
        (as_bool, "null", False),
        (as_list, [1], [1]),
        (as_map, {"a": 1}, {"a": 1}),
        (as_duration, "1d 2h 3m 4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        (as_duration, "1h30m", timedelta(minutes=90)),
        (as_duration, " 30 S ", timedelta(seconds=30)),
        (as_duration, "90m", timedelta(minutes=90)),
    ],
)
def test_accepted(read, value, wanted):
    found = read({"x": value}, "x")

    assert found == wanted
    assert type(found) is type(wanted) or isinstance(value, Literal)


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (as_text, {"a": 1}, """Expected string type for key 'x' but got {"a":1} (object)"""),
        (as_text, [1], "Expected string type for key 'x' but got [1] (array)"),
        (as_int, "abc", """Expected integer (int) type for key 'x' but got "abc" (string)"""),
        (as_int, "1.5", """Expected integer (int) type for key 'x' but got "1.5" (string)"""),
        (as_int, True, "Expected integer (int) type for key 'x' but got true (boolean)"),
        (as_bool, "yes", """Expected 'true' or 'false' for key 'x' but got "yes" (string)"""),
        (as_bool, "1", """Expected 'true' or 'false' for key 'x' but got "1" (string)"""),
        (as_bool, 1.5, "Expected 'true' or 'false' for key 'x' but got 1.5 (number)"),
        (as_list, "[1]", """Expected array type for key 'x' but got "[1]" (string)"""),
        (as_map, "{}", """Expected object type for key 'x' but got "{}" (string)"""),
        (as_duration, "soon", "Expected a duration such as '1h 30m' for key 'x' but got \"soon\" (string)"),
        (as_duration, 30, "Expected a duration such as '1h 30m' for key 'x' but got 30 (number)"),
    ],
)  # fmt: skip
def test_refused(read, value, message):
    with pytest.raises(ConfigError) as caught:
        read({"x": value}, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize("read", [as_text, as_int, as_bool, as_list, as_map, as_duration])
def test_what_is_not_there(read):
    with pytest.raises(ConfigError, match="Parameter 'x' is required but not set"):
        read({}, "x")
    with pytest.raises(ConfigError, match="Parameter 'x' is required but null"):
        read({"x": None}, "x")
    assert read({}, "x", None) is None
    assert read({"x": None}, "x", "default") == "default"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "9" * 5000, "١"])
def test_numbers_that_are_none(value):
    with pytest.raises(ConfigError, match="Expected integer"):
        as_int({"x": value}, "x")


def test_long_values_are_shown_in_part():
    with pytest.raises(ConfigError) as caught:
        as_int({"x": "a" * 1000}, "x")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text", ["", " ", "5", "1.5h", "30s 1h", "1h 1h", "-1s", "h", "9" * 30 + "d"]
)
def test_texts_that_tell_no_length_of_time(text):
    assert parse_duration(text) is None


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text):
    for read in (as_int, as_bool, as_duration):
        with suppress(ConfigError):
            assert read({"x": text}, "x") is not None
