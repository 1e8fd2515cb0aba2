"""scalars.py: what plain scalars and tagged ones mean (language.md §2.6, §2.7, L-05)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dig.scalars import as_key, plain, tagged

YAML = "tag:yaml.org,2002:"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("~", None),
        ("NULL", None),
        ("", None),
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("1_000", 1000),
        ("010", 8),
        ("00", 0),
        ("-017", -15),
        ("0x1F", 31),
        ("0b11", 3),
        ("12345678901234567890", 12345678901234567890),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("1_0.5", 10.5),
        ("1:30:00.5", 5400.5),
        (".inf", "Infinity"),
        ("-.inf", "-Infinity"),
        (".nan", "NaN"),
        ("1e999", "Infinity"),
    ],
)
def test_a_plain_scalar_has_a_type(text: str, value: object) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "TRUE",
        "yes",
        "no",
        "on",
        "Off",
        "y",
        "08",
        "0o17",
        "0.5",
        "-0.5",
        "0e5",
        "12:30",
        "07:00:00",
        "2015-01-01",
        "2015-01-01 00:00:00",
        "1_x",
        "+",
        "-",
        ".",
        "0x",
        "0b_",
        "+task",
        "1" * 5000,
    ],
)
def test_other_plain_scalars_are_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "123", "123"),
        (YAML + "str", "123", "123"),
        (YAML + "int", "3", 3),
        (YAML + "float", "1", 1.0),
        (YAML + "float", "0.5", 0.5),
        (YAML + "bool", "yes", True),
        (YAML + "bool", "Off", False),
        (YAML + "null", "x", None),
        (YAML + "binary", "aG k=", "aGk="),
        (YAML + "timestamp", "2015-01-01", 1420070400000),
        (YAML + "timestamp", "2015-01-01T09:00:00+09:00", 1420070400000),
    ],
)
def test_a_tag_decides(tag: str, text: str, value: object) -> None:
    assert tagged(tag, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "x"),
        ("int", "0x"),
        ("float", "x"),
        ("bool", "maybe"),
        ("binary", "a"),
        ("timestamp", "soon"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="is expected"):
        tagged(YAML + kind, text)


def test_an_unknown_tag_is_no_tag() -> None:
    with pytest.raises(KeyError):
        tagged("!secret", "x")


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("a", "a"),
        (1, "1"),
        (True, "true"),
        (1.5, "1.5"),
        (["a", None], "[a, null]"),
        ({"a": False}, "{a=false}"),
    ],
)
def test_keys_become_text(value: object, key: str) -> None:
    assert as_key(value) == key


def test_a_null_key_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be null"):
        as_key(None)


@given(st.text("0123456789+-._:eExXbBoainfINFtrulTRUE~", max_size=12))
def test_every_text_has_a_meaning(text: str) -> None:
    value = plain(text)
    assert value is None or isinstance(value, str | int | float)


@given(st.integers())
def test_decimal_integers_are_read_exactly(number: int) -> None:
    assert plain(str(number)) == number
