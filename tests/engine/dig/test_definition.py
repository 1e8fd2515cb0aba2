"""definition.py: the top level of a file (language.md §4)."""

import pytest

from engine.dig.definition import read_definition


def test_reserved_keys_stand_in_their_order_before_the_tasks() -> None:
    source = {
        "+b": {},
        "_parallel": True,
        "trigger": {},
        "_retry": 1,
        "+a": {},
        "sla": {},
        "schedule": {},
        "_check": {},
        "_error": {},
        "timezone": "Asia/Tokyo",
        "_export": {"v": 1},
    }
    definition = read_definition("wf", source)
    assert list(definition.config) == [
        "_export",
        "schedule",
        "sla",
        "trigger",
        "_error",
        "_check",
        "_retry",
        "_parallel",
        "+b",
        "+a",
    ]
    assert definition.timezone == "Asia/Tokyo"
    assert definition.findings == ()


@pytest.mark.parametrize("export", [None, {}])
def test_an_empty_export_is_as_good_as_none(export: object) -> None:
    definition = read_definition("wf", {"_export": export})
    assert (definition.config, definition.findings) == ({}, ())


@pytest.mark.parametrize("value", [None, ""])
def test_no_zone_means_utc(value: object) -> None:
    assert read_definition("wf", {"timezone": value}).timezone == "UTC"
    assert read_definition("wf", {}).timezone == "UTC"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"sh>": "x"}, "Workflow 'wf' includes unknown keys: [sh>]; an operator stands in a task"),
        (
            {"shedule": {}},
            "Workflow 'wf' includes unknown keys: [shedule] (did you mean 'schedule'",
        ),
        ({"_export": [1]}, "'_export' takes a mapping of parameters, found '[1]'"),
        ({"timezone": "Mars"}, "Unknown time zone 'Mars'"),
        ({"_disable": True}, "includes unknown keys: [_disable]"),
        ({"meta": {}}, "includes unknown keys: [meta]"),
    ],
)
def test_what_is_refused(source: dict[str, object], message: str) -> None:
    definition = read_definition("wf", source)
    (finding,) = definition.findings
    assert message in finding.message
    assert finding.path == (next(iter(source)),)
