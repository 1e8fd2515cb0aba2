from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.files import names


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("+wf+a", "+wf+a"),
        ("+wf+l^sub+loop-0", "+wf+l^sub+loop-0"),
        ("+wf+for-0=fruit=0=apple&1=verb=1=eat", "+wf+for-0=fruit=0=apple&1=verb=1=eat"),
        ("+wf+a@b", "+wf+a%40b"),
        ("+wf+a/b", "+wf+a%2Fb"),
        ("+wf+50%", "+wf+50%25"),
        ("..", "%2E."),
        ("+wf+日", "+wf+%E6%97%A5"),
    ],
)
def test_names_stay_readable(name, encoded):
    assert names.encode(name) == encoded
    assert names.decode(encoded) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_is_a_file_name_and_short_ones_are_read_back(name):
    encoded = names.encode(name)
    assert encoded.isascii()
    assert not set(encoded) & set("/@\0\n ")
    assert len(encoded) <= 180
    if not names.shortened(encoded):
        assert names.decode(encoded) == name


def test_long_names_stay_apart():
    first, second = (names.encode("+wf" + "+é" * 200 + end) for end in "ab")
    assert first != second
    assert names.shortened(first)
    assert len(names.log_name(first, 0, "1234@host")) < 255


def test_what_a_name_says():
    name = names.log_name("+wf+a", 1_704_153_600_123_456_789, "12@host.example")
    assert name == "+wf+a@65935200075bcd15.12@host.example.log.gz"
    said = names.parse_log_name(name)
    assert said == names.LogName(
        "+wf+a", datetime(2024, 1, 2, 0, 0, 0, 123456, UTC), "12@host.example"
    )
    assert names.parse_log_name("other.txt") is None
