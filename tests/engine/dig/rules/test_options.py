"""rules/options.py: values that cannot be converted, words that are nearly right."""

from typing import Any

import pytest

from engine.dig.catalog import Catalog
from engine.dig.rules.options import ANY, check
from engine.dig.written import written
from engine.operators.api import Option


def found(types: tuple[str, ...], value: Any) -> list[str]:
    catalog = Catalog({"op": (Option("option", types),)})
    own = {"op>": "x", "option": value}
    task = written("+wf+a", "+a", own, (((), own),), ("op>",))
    return [finding.message for finding in check(task, catalog)]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("string", ["a", 1, 1.5, True], [[1], {}]),
        ("integer", [1, 1.9, " 7 ", "-3", "", "null"], [True, "1.5", "x", []]),
        ("number", [1, 1.5, "1.5", "7"], [True, "x", {}]),
        ("boolean", [True, 0, "true", " False ", ""], ["yes", "1", 1.5, []]),
        ("array", [[], [1]], ["[1]", {}, 1]),
        ("object", [{}, {"a": 1}], ["{}", [], 1]),
    ],
)
def test_conversions_are_those_of_the_engine(kind: str, right: list[Any], wrong: list[Any]) -> None:
    for value in (*right, None, "${expression}"):
        assert found((kind,), value) == []
    for value in wrong:
        assert len(found((kind,), value)) == 1
        assert found((kind, "string", "array", "object"), value) == []


def test_what_was_found_and_expected_is_said() -> None:
    assert found(("integer", "boolean"), "x") == [
        "Expected integer or boolean for 'option', found 'x'"
    ]


def spelling(own: dict[str, Any], *names: str) -> list[str]:
    catalog = Catalog({"op": tuple(Option(name, ("object",)) for name in names)})
    own = {"op>": "x", **own}
    task = written("+wf+a", "+a", own, (((), own),), ("op>",))
    return [f"{finding.severity}: {finding.message}" for finding in check(task, catalog)]


def test_a_misspelt_option_is_a_warning() -> None:
    assert spelling({"docekr": {}}, "docker") == [
        "warning: 'op>' does not read 'docekr' (did you mean 'docker'?)"
    ]


@pytest.mark.parametrize("key", ["database", "date", "_docker", "docker"])
def test_other_keys_are_parameters(key: str) -> None:
    assert spelling({key: {}}, "docker", "data") == []


def test_nothing_is_misspelt_where_every_key_is_read() -> None:
    assert spelling({"docekr": {}}, "docker", ANY) == []


@pytest.mark.parametrize("own", [{"op>": None}, {"_type": "op"}])
def test_a_command_that_is_needed(own: dict[str, Any]) -> None:
    catalog = Catalog({"op": (Option("_command", required=True),)})
    operators = tuple(key for key in own if key.endswith(">"))
    task = written("+wf+a", "+a", own, (((), own),), operators)
    assert [finding.message for finding in check(task, catalog)] == [
        "The operator 'op>' needs a value"
    ]
