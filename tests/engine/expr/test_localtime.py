from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.expr.localtime import table
from engine.zones import zone

ZONES = ["UTC", "+05:30", "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca"]


def test_a_zone_without_changes():
    assert table("+09:00") == {"moments": [], "offsets": [32400000], "names": ["UTC+09:00"]}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),
)
def test_offsets_are_those_of_the_zone(name, moment):
    found = table(name)
    period = bisect_right(found["moments"], moment.timestamp() * 1000)
    local = moment.astimezone(zone(name))

    assert found["offsets"][period] == local.utcoffset().total_seconds() * 1000
    assert found["names"][period] == local.tzname()


def test_an_unknown_zone():
    with pytest.raises(ConfigError):
        table("Mars/Base")
