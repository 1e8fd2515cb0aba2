"""schemas/check.py: violations say where, what was found and what is expected."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import schemas
from schemas.check import check

FOLDER = Path(schemas.__file__).parent
TRIGGER = {
    "attempt>": None,
    "dependent_workflow_name": "load",
    "dependent_project_name": "etl",
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("**/*.json")), ids=lambda path: path.stem)
def test_every_schema_is_a_schema(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"projects": {"etl": None, "日次": {"path": "."}}},
        {"projects": {"etl": {"path": "pipelines/etl", "deploy": "main", "ignore": ["*.md"]}}},
        {"projects": {"a": {"deploy": {"tags": "v*"}}, "b": {"deploy": {"semver": ">=1 <2"}}}},
        {"projects": {"etl": {"schedules": False, "uploads": "allow"}}, "on_error": "accept"},
        {"checks": {"fail_on": "warning", "comment": "never"}, "commands": {"run": "admin"}},
    ],
)
def test_settings_that_are_right(settings: dict[str, object]) -> None:
    assert check("settings", settings) == []


@pytest.mark.parametrize(
    ("settings", "pointer", "message"),
    [
        ([], "", "Expected a mapping with projects, on_error, checks and commands; found '[]'"),
        ({"project": {}}, "/project", "Unknown key 'project'"),
        ({"projects": {"2fa": {}}}, "/projects/2fa", "Expected a project's name"),
        ({"projects": {"x.dig": {}}}, "/projects/x.dig", "Expected a project's name"),
        ({"projects": {"a/b": 3}}, "/projects/a~1b", "Expected a mapping with path, deploy"),
        ({"projects": {"a": {"path": "/etc"}}}, "/projects/a/path", "found '/etc'"),
        ({"projects": {"a": {"path": "b/../c"}}}, "/projects/a/path", "found 'b/../c'"),
        ({"projects": {"a": {"deploy": 3}}}, "/projects/a/deploy", "Expected a branch, {tags"),
        ({"projects": {"a": {"ignore": ["x", 1]}}}, "/projects/a/ignore/1", "Expected a pattern"),
        ({"projects": {"a": {"schedules": "yes"}}}, "/projects/a/schedules", "Expected true or"),
        ({"checks": {"fail_on": "never"}}, "/checks/fail_on", "Expected error or warning"),
        ({"commands": {"run": "all"}}, "/commands/run", "Expected a permission: read, triage"),
    ],
)
def test_settings_that_are_wrong(settings: object, pointer: str, message: str) -> None:
    (violation,) = check("settings", settings)
    assert violation.pointer == pointer
    assert message in violation.message


def test_an_unknown_key_comes_with_the_known_ones() -> None:
    (violation,) = check("settings", {"projects": {"a": {"uplods": "allow"}}})
    assert violation.on_key
    assert "uploads" in violation.known


def test_all_violations_are_told_in_the_order_of_places() -> None:
    found = check("settings", {"zoo": 1, "checks": {"fail_on": 1, "comment": 2}})
    assert [violation.pointer for violation in found] == [
        "/checks/comment",
        "/checks/fail_on",
        "/zoo",
    ]


def test_a_long_value_is_cut() -> None:
    (violation,) = check("settings", {"on_error": "x" * 500})
    assert len(violation.message) < 200


def test_missing_keys_are_told_once() -> None:
    (violation,) = check("trigger", {})
    assert violation.message == (
        "'attempt>', 'dependent_workflow_name', 'dependent_project_name' are missing"
    )
    del (shorter := dict(TRIGGER))["attempt>"]
    assert [it.message for it in check("trigger", shorter)] == ["'attempt>' is missing"]
