"""rules/sla.py: schedules.md §15."""

from typing import Any

import pytest

from engine.dig.rules.sla import check, tasks


@pytest.mark.parametrize(
    "sla",
    [
        {"time": "02:00"},
        {"duration": "00:30:00", "alert": True, "fail": "false"},
        {"time": "99:99", "duration": None},
        {"time": "-1:00", "+late": {}},
    ],
)
def test_right_ones(sla: dict[str, Any]) -> None:
    assert list(check(sla)) == []


@pytest.mark.parametrize(
    ("sla", "path", "message"),
    [
        ("soon", ("sla",), "'sla' takes a mapping with 'time' or 'duration', found 'soon'"),
        (None, ("sla",), "found 'null'"),
        ({}, ("sla",), "SLA must be specified using either the 'time' or 'duration' option"),
        ({"time": "1:00", "duration": "1:00"}, ("sla", "duration"), "using either the 'time'"),
        ({"time": 2}, ("sla", "time"), "SLA time option needs to be HH:MM or HH:MM:SS format: '2'"),
        ({"duration": "1h"}, ("sla", "duration"), "SLA duration option needs to be HH:MM"),
    ],
)
def test_wrong_ones(sla: Any, path: tuple[str, ...], message: str) -> None:
    (finding,) = check(sla)
    assert finding.path == path
    assert message in finding.message
    assert finding.severity == "error"


def test_a_flag_that_is_none_is_ignored_with_a_warning() -> None:
    (finding,) = check({"time": "1:00", "fail": ["x"]})
    assert (finding.path, finding.severity) == (("sla", "fail"), "warning")


def test_the_other_keys_are_its_tasks() -> None:
    assert tasks({"time": "1:00", "alert": True, "+a": {}, "_export": {}}) == {
        "+a": {},
        "_export": {},
    }
    assert tasks("soon") == {}
