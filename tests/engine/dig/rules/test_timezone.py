"""rules/timezone.py: zones that exist."""

import pytest

from engine.dig.rules.timezone import check, zone_id


@pytest.mark.parametrize("value", ["Asia/Tokyo", "UTC", "+09:00", "UTC+9", "Z", "Japan"])
def test_zones_that_exist(value: str) -> None:
    assert list(check(value)) == []
    assert zone_id(value) == value


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_means_utc(value: object) -> None:
    assert list(check(value)) == []
    assert zone_id(value) == "UTC"


@pytest.mark.parametrize("value", ["Mars/Olympus", "JST", 9, {"name": "UTC"}, True, "../etc"])
def test_zones_that_do_not_exist(value: object) -> None:
    (finding,) = check(value)
    assert "expected a name such as Asia/Tokyo" in finding.message
    assert zone_id(value) == "UTC"


def test_the_nearest_zone_is_named() -> None:
    (finding,) = check("Europe/Berlni")
    assert finding.message == "Unknown time zone 'Europe/Berlni' (did you mean 'Europe/Berlin'?)"
