"""rules/trigger.py says no when the schema says no, and says more."""

from typing import Any

import pytest

from engine.dig.rules.trigger import check, upstream
from schemas import check as schema

RIGHT: dict[str, Any] = {
    "attempt>": None,
    "dependent_workflow_name": "load",
    "dependent_project_name": "etl",
}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in RIGHT.items() if name != key}


def test_a_right_trigger_names_what_it_waits_for() -> None:
    assert list(check(RIGHT)) == []
    assert upstream(RIGHT) == ("etl", "load")


@pytest.mark.parametrize(
    ("trigger", "path", "message"),
    [
        (None, (), "takes a mapping"),
        ("etl", (), "takes a mapping"),
        ([], (), "takes a mapping"),
        (without("attempt>"), (), "'attempt>:' is missing"),
        (without("dependent_workflow_name"), (), "'dependent_workflow_name' is missing"),
        (without("dependent_project_name"), (), "'dependent_project_name' is missing"),
        ({**RIGHT, "attempt>": "x"}, ("attempt>",), "takes no value, found 'x'"),
        ({**RIGHT, "dependent_project_name": 3}, ("dependent_project_name",), "found '3'"),
        ({**RIGHT, "dependent_project_name": " "}, ("dependent_project_name",), "plain text"),
        ({**RIGHT, "dependent_workflow_name": "${w}"}, ("dependent_workflow_name",), "plain text"),
        ({**RIGHT, "dependent_workflow_nam": 1}, ("dependent_workflow_nam",), "did you mean"),
        ({**RIGHT, "zzz": 1}, ("zzz",), "known are attempt>, dependent_workflow_name"),
    ],
)
def test_what_is_refused(trigger: Any, path: tuple[str, ...], message: str) -> None:
    (finding,) = check(trigger)
    assert finding.path == ("trigger", *path)
    assert message in finding.message
    assert schema.check("trigger", trigger)


def test_the_schema_likes_what_the_rule_likes() -> None:
    assert schema.check("trigger", RIGHT) == []
