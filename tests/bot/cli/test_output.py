from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.output import block, compact, distance, local_with_distance, own_offset, yaml_text

texts = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts | st.just("two\nlines\n"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=4))
def test_yaml_reads_back_as_what_it_was(value):
    assert yaml.safe_load(io.StringIO(yaml_text(value) + "\n")) == value


def test_yaml_is_for_people():
    value = {
        "timezone": "UTC",
        "+a": {"sh>": "echo one\necho two\n", "_export": {"x": 1, "z": "1"}},
        "+b": {"_parallel": True, "list": [1, {"k": "on"}], "none": None},
    }

    assert yaml_text(value).splitlines() == [
        "timezone: UTC",
        "+a:",
        "  sh>: |",
        "    echo one",
        "    echo two",
        "  _export:",
        "    x: 1",
        '    z: "1"',
        "+b:",
        "  _parallel: true",
        "  list:",
        "    - 1",
        "    -",
        '      k: "on"',
        "  none:",
    ]


def test_block():
    entries = [("id", "1"), ("name", None), ("done", False), ("params", {"a": "é"})]

    assert block(entries).splitlines() == [
        "  id: 1",
        "  name:",
        "  done: false",
        '  params: {"a":"é"}',
    ]


def test_compact_keeps_order():
    assert compact({"b": 1, "a": [1, 2]}) == '{"b":1,"a":[1,2]}'


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=3, minutes=2, seconds=1), "in 3h 2m 1s"),
        (timedelta(minutes=-5), "5m 0s ago"),
        (timedelta(seconds=0), "in 0s"),
        (timedelta(days=2, seconds=5), "in 2d 0h 0m 5s"),
    ],
)
def test_distance(span, text):
    assert distance(span) == text


def test_times():
    assert own_offset("2016-01-30T00:00:00-08:00") == "2016-01-30 00:00:00 -0800"
    assert own_offset(None) == ""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert local_with_distance("2024-01-01T00:00:05Z", now).endswith("(in 5s)")
    assert local_with_distance(None) == ""


def test_what_others_wrote_stays_on_its_line_and_paints_nothing():
    found = block([("commit", "4c1f \x1b[31mred\x07\nstatus: success \u202e\ud800 \u3000é😀")])

    assert found == (r"  commit: 4c1f \x1b[31mred\x07\nstatus: success \u202e\ud800" + " \u3000é😀")
