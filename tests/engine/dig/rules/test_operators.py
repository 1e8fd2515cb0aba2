"""rules/operators.py: known, not yet there, unknown."""

from typing import Any

import pytest

from engine.dig.catalog import DIGDAG_OPERATORS, Catalog
from engine.dig.rules.operators import check
from engine.dig.written import written

CATALOG = Catalog({"echo": (), "sh": (), "my_plugin": ()})


def messages(own: dict[str, Any]) -> list[str]:
    operators = tuple(key for key in own if key.endswith(">"))
    task = written("+wf+a", "+a", own, (((), own),), operators)
    return [finding.message for finding in check(task, CATALOG)]


@pytest.mark.parametrize(
    "own", [{"echo>": 1}, {"my_plugin>": 1}, {"_type": "sh"}, {"_type": "${x}"}, {"_type": 3}, {}]
)
def test_nothing_to_say(own: dict[str, Any]) -> None:
    assert messages(own) == []


@pytest.mark.parametrize("name", sorted(DIGDAG_OPERATORS - {"echo", "sh"}))
def test_operators_of_the_next_version(name: str) -> None:
    assert messages({f"{name}>": 1}) == [
        f"This version of digbot does not have the operator '{name}>' yet"
    ]


def test_unknown_words() -> None:
    assert messages({"ecoh>": 1}) == ["Unknown operator 'ecoh>' (did you mean 'echo>'?)"]
    assert messages({"_type": "zzzzzzzz"}) == [
        "Unknown operator 'zzzzzzzz>'; known are echo>, my_plugin>, sh>"
    ]
    assert messages({">": 1}) == ["Unknown operator '>'; known are echo>, my_plugin>, sh>"]
