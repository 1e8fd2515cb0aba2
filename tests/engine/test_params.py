"""Merging, resetting, marking, and the built-in variables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.params import Literal, builtins, derived_times, literal, merge, reset, too_deep

TREES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        st.none() | st.integers(0, 9) | st.sampled_from(["x", "${a}"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcd"), inner),
        max_leaves=6,
    ),
)


def test_mappings_merge_at_every_depth_and_all_else_is_replaced():
    """L-30"""
    base = {"td": {"database": "d", "n": {"a": 1}}, "list": [1, 2]}
    over = {"td": {"engine": "presto", "n": {"b": 2}}, "list": [3]}

    assert merge(base, over) == {
        "td": {"database": "d", "n": {"a": 1, "b": 2}, "engine": "presto"},
        "list": [3],
    }


def test_a_null_overrides_and_does_not_delete():
    assert merge({"a": {"b": 1}}, {"a": None}) == {"a": None}
    assert merge({"a": None}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_keys_keep_their_place_and_new_ones_come_last():
    assert list(merge({"a": 1, "b": 2}, {"c": 3, "a": 4})) == ["a", "b", "c"]


def test_merging_changes_neither_side_and_shares_what_it_can():
    base = {"a": {"x": 1}, "big": {"y": 1}}
    merged = merge(base, {"a": {"z": 2}})

    assert base == {"a": {"x": 1}, "big": {"y": 1}}
    assert merged["big"] is base["big"]


@given(TREES)
def test_merge_with_itself_or_nothing_changes_nothing(tree):
    assert merge(tree, tree) == merge(tree, {}) == merge({}, tree) == tree


def test_reset_follows_dots():
    """engine.md §13, E-28"""
    assert reset({"o": {"x": 1, "y": 1}, "z": 1}, ["o.x", "z"]) == {"o": {"y": 1}}


@pytest.mark.parametrize("key", ["missing", "missing.x", "scalar.x", "o.x.y", "o.q", ""])
def test_a_reset_key_that_leads_nowhere_is_ignored(key):
    params = {"scalar": 1, "o": {"x": 1}}

    assert reset(params, [key]) == {"scalar": 1, "o": {"x": 1}}


def test_literal_marks_every_text_with_a_dollar():
    marked = literal({"a": "${x}", "b": ["$", {"c": "plain"}], "d": 1})

    assert marked == {"a": "${x}", "b": ["$", {"c": "plain"}], "d": 1}
    assert type(marked["a"]) is Literal
    assert type(marked["b"][0]) is Literal
    assert type(marked["b"][1]["c"]) is str


def test_literal_returns_the_same_object_when_there_is_nothing_to_mark():
    value = {"a": ["plain", 1, None], "b": {"c": True}}

    assert literal(value) is value
    assert literal(again := literal({"a": "$"})) is again


def of_attempt(**changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "timezone": "Asia/Tokyo",
        "project_id": 1,
        "session_id": 2,
        "session_uuid": "u",
        "session_time": datetime(2024, 2, 28, 15, tzinfo=UTC),
        "attempt_id": 3,
        "retry_attempt_name": None,
        "params": {},
    }
    return builtins(**(given | changed))


@pytest.mark.parametrize(("depth", "refused"), [(0, False), (100, False), (101, True)])
def test_depth_is_limited(depth, refused):
    value = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value, 2]
    assert too_deep(value) is refused


def test_built_in_variables_of_a_session_in_tokyo():
    """L-44"""
    times = {
        "last_session_time": "2024-02-28T00:00:00+09:00",
        "next_session_time": "2024-03-01T00:00:00+09:00",
    }

    assert of_attempt(params=times, retry_attempt_name="again") == {
        "timezone": "Asia/Tokyo",
        "project_id": 1,
        "session_id": 2,
        "session_uuid": "u",
        "attempt_id": 3,
        "retry_attempt_name": "again",
        "session_time": "2024-02-29T00:00:00+09:00",
        "session_date": "2024-02-29",
        "session_date_compact": "20240229",
        "session_local_time": "2024-02-29 00:00:00",
        "session_tz_offset": "+0900",
        "session_unixtime": 1709132400,
        "last_session_date": "2024-02-28",
        "last_session_date_compact": "20240228",
        "last_session_local_time": "2024-02-28 00:00:00",
        "last_session_tz_offset": "+0900",
        "last_session_unixtime": 1709046000,
        "next_session_date": "2024-03-01",
        "next_session_date_compact": "20240301",
        "next_session_local_time": "2024-03-01 00:00:00",
        "next_session_tz_offset": "+0900",
        "next_session_unixtime": 1709218800,
        "last_executed_session_time": "",
        "last_executed_session_date": "",
        "last_executed_session_date_compact": "",
        "last_executed_session_local_time": "",
        "last_executed_session_tz_offset": "+0900",
        "last_executed_session_unixtime": "",
    }


def test_the_offset_of_utc_is_written_out():
    found = of_attempt(timezone="UTC")

    assert found["session_time"] == "2024-02-28T15:00:00+00:00"
    assert found["session_tz_offset"] == "+0000"


def test_an_attempt_without_a_name_has_no_retry_attempt_name():
    assert "retry_attempt_name" not in of_attempt()


def test_last_executed_session_follows_from_its_time():
    found = of_attempt(params={"last_executed_session_time": "2024-02-01T00:00:00+09:00"})

    assert found["last_executed_session_date"] == "2024-02-01"
    assert "last_executed_session_time" not in found


def test_the_zone_of_an_empty_last_executed_session_is_that_of_1970():
    found = of_attempt(timezone="Europe/London")

    assert found["last_executed_session_tz_offset"] == "+0100"


@pytest.mark.parametrize("text", ["soon", "2024-01-01", "2024-01-01T00:00:00", 5, None, "", {}])
def test_times_that_cannot_be_read_have_no_derived_variables(text):
    found = derived_times({"last_session_time": text}, "UTC")

    assert not any(key.startswith("last_session_") for key in found)


def test_a_finished_schedule_shows_the_far_end():
    found = derived_times({"next_session_time": "9999-01-01T00:00:00+00:00"}, "Asia/Tokyo")

    assert found["next_session_date"] == "9999-01-01"
