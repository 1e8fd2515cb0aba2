"""rules/reserved.py: `_retry`, `_env`, `_secrets`."""

from typing import Any

import pytest

from engine.dig.problem import Finding
from engine.dig.rules.reserved import check
from engine.dig.written import written


def found(own: dict[str, Any], *operators: str) -> list[Finding]:
    return list(check(written("+wf+a", "+a", own, (((), own),), operators)))


@pytest.mark.parametrize(
    "own",
    [
        {"_retry": 3},
        {"_retry": "3"},
        {"_retry": "${n}"},
        {"_retry": {"limit": "${n}", "interval": "${i}", "interval_type": "${t}"}},
        {"_retry": None},
        {"_env": {"A_1": "x", "B": 1, "C": None}},
        {"_env": None},
        {"_env": "${env}"},
        {"_secrets": {"pg": "db", "x": {"y": True}}},
        {"_secrets": True},
    ],
)
def test_right_shapes(own: dict[str, Any]) -> None:
    assert found(own, "sh>") == []


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"_retry": True}, ("_retry",)),
        ({"_retry": "often"}, ("_retry",)),
        ({"_retry": {"interval": 1}}, ("_retry",)),
        ({"_retry": {"limit": 1, "interval_type": "random"}}, ("_retry",)),
        ({"_env": [1]}, ("_env",)),
        ({"_env": {"A-B": 1}}, ("_env", "A-B")),
        ({"_env": {"A": [1]}}, ("_env", "A")),
        ({"_secrets": {"a": {"b": 1}}}, ("_secrets", "a", "b")),
        ({"_secrets": False}, ("_secrets",)),
    ],
)
def test_wrong_shapes_fail_an_operator(own: dict[str, Any], path: tuple[str, ...]) -> None:
    (finding,) = found(own, "sh>")
    assert (finding.path, finding.severity) == (path, "error")


def test_a_group_goes_on_without_its_retry() -> None:
    (finding,) = found({"_retry": True})
    assert finding.severity == "warning"
    assert found({"_env": 1, "_secrets": 1}) == []
