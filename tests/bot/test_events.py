"""Ref updates as values."""

from hypothesis import given
from hypothesis import strategies as st

from bot.events import RefUpdate, difference, moved, short_ref

_REFS = st.dictionaries(
    st.sampled_from(["refs/heads/a", "refs/heads/b", "refs/tags/c"]), st.sampled_from("123")
)


def test_short_names() -> None:
    assert short_ref("refs/heads/a/b") == "a/b"
    assert RefUpdate("refs/tags/v1", None, "1").short == "v1"
    assert short_ref("refs/notes/x") == "refs/notes/x"


def test_a_difference_is_in_order_of_names() -> None:
    before, after = (
        {"refs/heads/b": "1", "refs/heads/c": "1"},
        {"refs/heads/a": "1", "refs/heads/c": "2"},
    )
    assert difference(before, after) == [
        RefUpdate("refs/heads/a", None, "1"),
        RefUpdate("refs/heads/b", "1", None),
        RefUpdate("refs/heads/c", "1", "2"),
    ]


@given(before=_REFS, after=_REFS)
def test_the_difference_leads_there(before: dict[str, str], after: dict[str, str]) -> None:
    assert moved(before, difference(before, after)) == after
