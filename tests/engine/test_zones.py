"""Names of zones as Java reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import ConfigError
from engine.zones import offset_text, zone

MOMENT = datetime(2024, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("UTC", "+00:00"),
        ("Z", "+00:00"),
        ("GMT", "+00:00"),
        ("+09:00", "+09:00"),
        ("+9", "+09:00"),
        ("-0330", "-03:30"),
        ("UTC+9", "+09:00"),
        ("GMT-05:30", "-05:30"),
        ("Asia/Tokyo", "+09:00"),
        ("America/Los_Angeles", "-07:00"),
        ("Asia/Kathmandu", "+05:45"),
        ("America/Argentina/Buenos_Aires", "-03:00"),
    ],
)
def test_zones_by_name(name, offset):
    assert offset_text(MOMENT.astimezone(zone(name))) == offset


@pytest.mark.parametrize(
    "name",
    ["", "Tokyo", "Asia/Nowhere", "../etc/passwd", "/etc/localtime", "+19:00", "+09:60", "America",
     "posix/Asia/Tokyo", "asia/tokyo", "Asia/Tokyo\0", "x" * 10_000],
)  # fmt: skip
def test_unknown_zones_are_refused(name):
    with pytest.raises(ConfigError, match="Unknown time zone"):
        zone(name)


def test_offsets_without_a_colon():
    assert offset_text(MOMENT.astimezone(zone("-03:30")), "") == "-0330"
    assert zone("+01:00").utcoffset(MOMENT) == timedelta(hours=1)
