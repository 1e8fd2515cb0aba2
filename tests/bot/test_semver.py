"""Versions by semver.org, ranges as npm reads them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.semver import BadRange, Version, parse, parse_range

# semver.org §11
PRECEDENCE = [
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0", "1.10.0", "2.0.0",
]  # fmt: skip


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None
    return found


def test_precedence() -> None:
    shuffled = PRECEDENCE[::-1]
    assert sorted(shuffled, key=lambda text: version(text).key) == PRECEDENCE


def test_what_is_a_version() -> None:
    assert parse("v1.2.3") == Version(1, 2, 3)
    assert parse("1") == Version(1)
    assert parse("1.2") == Version(1, 2)
    assert parse("1.2.3-rc.1+build.5") == Version(1, 2, 3, ("rc", "1"))
    for text in ("", "v", "1.2.3.4", "01.2.3", "release-1", "1.2.x", "1.2.3-"):
        assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=1.2 <2", "1.2.0 1.9.9 v1.3", "1.1.9 2.0.0 1.3.0-rc.1"),
        (">= 1.2, < 2", "1.2.0", "2.0.0"),
        ("1.2.3", "1.2.3 v1.2.3", "1.2.4 1.2.3-rc.1"),
        ("=1.2.3", "1.2.3", "1.2.4"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.0"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("1.2.*", "1.2.5", "1.3.0"),
        ("*", "0.0.1 99.0.0", "1.0.0-rc.1"),
        (">1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"),
        (">1.2.3", "1.2.4", "1.2.3"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        ("<1.2", "1.1.9", "1.2.0"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 1.0.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.9", "1.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.9.9", "2.0.0"),
        ("1.2 || >=3", "1.2.5 3.0.0", "2.0.0"),
        (">=1.0.0-rc.1", "1.0.0-rc.2 1.0.0 2.0.0", "1.0.0-beta 1.1.0-rc.1"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    matches = parse_range(text)
    assert [word for word in inside.split() if not matches(version(word))] == []
    assert [word for word in outside.split() if matches(version(word))] == []


@pytest.mark.parametrize(
    "text", ["", " ", "foo", ">>1", "1.2.3.4", ">=1 ||", "^", "1 - 2", ">=x.y.z.w"]
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(BadRange, match=r"."):
        parse_range(text)


@given(st.text(max_size=20))
def test_any_text_is_a_range_or_is_refused(text: str) -> None:
    with contextlib.suppress(BadRange):
        parse_range(text)(Version(1, 2, 3))


@given(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)))
def test_a_caret_holds_what_it_starts_with(numbers: tuple[int, int, int]) -> None:
    low = Version(*numbers)
    text = ".".join(map(str, numbers))
    assert parse_range(f"^{text}")(low)
    assert parse_range(f"~{text}")(low)
    assert parse_range(f">={text} <={text}")(low)
