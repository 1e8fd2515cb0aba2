"""Which ref deploys: a function of the rule and of the set of refs."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import Target, describe, matches, target
from bot.settings import BranchRule, Rule, SemverRule, TagRule

MAIN = "refs/heads/main"
TIME = datetime(2026, 1, 1, tzinfo=UTC)


def tags(names: Iterable[str]) -> dict[str, str]:
    return {f"refs/tags/{name}": f"id of {name}" for name in names}


def chosen(rule: Rule, names: Iterable[str]) -> str | None:
    found = target(rule, {MAIN: "head", **tags(names)}, MAIN, lambda _ref: TIME)
    return found.tag if found else None


def test_branches() -> None:
    refs = {MAIN: "1", "refs/heads/staging": "2"}
    assert target(BranchRule(), refs, MAIN, lambda _: TIME) == Target(MAIN, "1")
    assert target(BranchRule("staging"), refs, MAIN, lambda _: TIME) == Target(
        "refs/heads/staging", "2"
    )
    assert target(BranchRule("gone"), refs, MAIN, lambda _: TIME) is None
    assert Target(MAIN, "1").tag is None


@pytest.mark.parametrize(
    ("pattern", "names", "expected"),
    [
        ("v*", "v1.9 v1.10 v1.10.0-rc.1", "v1.10"),
        ("v*", "v1.0.0-rc.1 vx", "v1.0.0-rc.1"),
        ("etl-v*", "etl-v9 etl-v10 etl-v10.0.0-a other-v11", "etl-v10"),
        ("etl-*", "etl-1.2 etl-1.10", "etl-1.10"),
        ("release-*", "release-a9 release-a10", "release-a10"),
        ("*", "v2 zebra", "v2"),
        ("production", "production v9", "production"),
        ("v*", "", None),
        ("v*", "w1", None),
        ("V*", "v1", None),
    ],
)
def test_the_highest_tag(pattern: str, names: str, expected: str | None) -> None:
    assert chosen(TagRule(pattern), names.split()) == expected


def test_a_range() -> None:
    rule = SemverRule(">=1.2 <2")
    assert chosen(rule, ["v1.1.0", "v1.2.0", "1.10.0", "v2.0.0", "x1.99.0"]) == "1.10.0"
    assert chosen(rule, ["v1.3.0-rc.1"]) is None


def test_of_equal_names_the_later_tag() -> None:
    when = {"refs/tags/v1.0": TIME, "refs/tags/1.0.0": TIME.replace(year=2027)}
    found = target(SemverRule("1"), dict.fromkeys(when, "x"), MAIN, when.__getitem__)
    assert found is not None
    assert found.tag == "1.0.0"


def test_dates_are_only_read_when_they_decide() -> None:
    def never(_ref: str) -> datetime:
        raise AssertionError

    assert target(TagRule("v*"), tags(["v1", "v2"]), MAIN, never) == Target(
        "refs/tags/v2", "id of v2"
    )


_NAMES = st.lists(
    st.from_regex(r"v?[0-9]{1,2}(\.[0-9]{1,2}){0,2}(-rc\.[0-9])?|[a-z0-9-]{1,6}", fullmatch=True),
    unique=True,
)


@given(names=_NAMES, data=st.data())
def test_the_order_of_tags_does_not_matter(names: list[str], data: st.DataObject) -> None:
    """And without the chosen one, the next is chosen: deleting a tag deploys the one before."""
    shuffled = data.draw(st.permutations(names))
    first = chosen(TagRule("*"), names)
    assert chosen(TagRule("*"), shuffled) == first
    if first is not None:
        rest = [name for name in names if name != first]
        second = chosen(TagRule("*"), rest)
        assert second != first
        assert chosen(TagRule("*"), [*rest, first]) == first


def test_which_refs_matter() -> None:
    assert matches(BranchRule(), MAIN, MAIN)
    assert not matches(BranchRule(), "refs/heads/x", MAIN)
    assert matches(BranchRule("x"), "refs/heads/x", MAIN)
    assert not matches(BranchRule("x"), "refs/tags/x", MAIN)
    assert matches(TagRule("v*"), "refs/tags/v1", MAIN)
    assert not matches(TagRule("v*"), "refs/heads/v1", MAIN)
    assert matches(SemverRule("1"), "refs/tags/v1.5.0", MAIN)
    assert not matches(SemverRule("1"), "refs/tags/v2.0.0", MAIN)


def test_rules_in_words() -> None:
    assert describe(BranchRule(), MAIN) == "main"
    assert describe(BranchRule("staging"), MAIN) == "staging"
    assert describe(TagRule("v*"), MAIN) == "tags v*"
    assert describe(SemverRule(">=1"), MAIN) == "versions >=1"
