"""`digbot.yml`: what it means, and what is wrong with it, with the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import (
    BranchRule,
    ProjectSettings,
    SemverRule,
    Settings,
    TagRule,
    check_project_name,
    parse,
)
from schemas.check import check


def good(text: str) -> Settings:
    settings, problems = parse(text.encode())
    assert problems == []
    return settings


def bad(text: str) -> list[str]:
    settings, problems = parse(text.encode())
    assert settings == Settings() or settings.projects
    return [str(problem) for problem in problems]


def test_the_whole_file() -> None:
    settings = good(
        """
projects:
  etl:
    path: pipelines/etl/
    deploy: main
    ignore: ["**/*.ipynb"]
    schedules: true
    uploads: refuse
  etl-staging:
    path: ./pipelines/etl
    deploy: staging
    schedules: false
    uploads: allow
  tagged: {deploy: {tags: "etl-v*"}}
  versions: {deploy: {semver: ">=1.2 <2"}}
  plain:
on_error: accept
checks: {fail_on: error, comment: changes}
commands: {run: write, rollback: maintain}
"""
    )
    assert settings.on_error == "accept"
    assert settings.projects == {
        "etl": ProjectSettings("etl", "pipelines/etl", BranchRule("main"), ("**/*.ipynb",)),
        "etl-staging": ProjectSettings(
            "etl-staging", "pipelines/etl", BranchRule("staging"), schedules=False, uploads=True
        ),
        "tagged": ProjectSettings("tagged", "tagged", TagRule("etl-v*")),
        "versions": ProjectSettings("versions", "versions", SemverRule(">=1.2 <2")),
        "plain": ProjectSettings("plain", "plain", BranchRule()),
    }


def test_without_projects_they_are_found_by_looking() -> None:
    assert good("on_error: accept\n").projects is None
    assert good("projects: {}\n").projects == {}


def test_a_branch_may_be_written_in_full() -> None:
    found = good("projects: {a: {deploy: refs/heads/x/y}}").projects
    assert found is not None
    assert found["a"].deploy == BranchRule("x/y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "digbot.yml:1:1: The file is empty; a mapping is expected [yaml]"),
        ("- a", "digbot.yml:1:1: A mapping is expected at the top, found a list [yaml]"),
        (
            "projects:\n  etl:\n    pth: x\n",
            "digbot.yml:3:5: Unknown key 'pth' (did you mean 'path'?) [settings]",
        ),
        (
            "project: {}",
            "digbot.yml:1:1: Unknown key 'project' (did you mean 'projects'?) [settings]",
        ),
        (
            "zzzzzzzzzzz: {}",
            "digbot.yml:1:1: Unknown key 'zzzzzzzzzzz'; "
            "known: projects, on_error, checks, commands [settings]",
        ),
        (
            "projects:\n  a: {deploy: {tag: v*}}",
            'digbot.yml:2:15: Expected a branch, {tags: "v*"} or {semver: ">=1.2 <2"}; '
            'found \'{"tag": "v*"}\' [settings]',
        ),
        (
            "projects:\n  a: {deploy: {semver: '>>1'}}",
            "digbot.yml:2:24: Expected a range such as '>=1.2 <2' or '^1.4'; "
            "'>>1' is no range of versions [settings]",
        ),
        (
            "projects:\n  2x: {}",
            "digbot.yml:2:3: Expected a project's name: it does not begin with a digit or a "
            "symbol, nor end in .dig; found '2x' [settings]",
        ),
        (
            "projects:\n  a: {path: ../x}",
            "digbot.yml:2:13: Expected a folder of the repository, such as pipelines/etl; "
            "\".\" is its root; found '../x' [settings]",
        ),
        (
            "projects:\n  a: {}\n  a: {}",
            "digbot.yml:3:3: The key 'a' stands here a second time; first in line 2 [duplicate-key]",
        ),
        (
            "projects:\n  a: {schedules: maybe}",
            "digbot.yml:2:18: Expected true or false: whether schedules and triggers start "
            "workflows; found 'maybe' [settings]",
        ),
    ],
)
def test_mistakes(text: str, expected: str) -> None:
    assert bad(text) == [expected]


def test_all_mistakes_at_once_in_order() -> None:
    found = bad("projects:\n  a: {path: 1}\n  b: {uploads: x}\non_error: maybe\n")
    assert [line.split(":")[1] for line in found] == ["2", "3", "4"]


def test_includes_do_not_reach_anything() -> None:
    (problem,) = bad("projects:\n  !include : etc.yml\n")
    assert "etc.yml" in problem


@given(st.text(max_size=12))
def test_names_are_judged_as_the_schema_judges_them(name: str) -> None:
    """The schema is what editors know; it is not asked where there is no file."""
    by_schema = not check("settings", {"projects": {name: None}})
    reason = check_project_name(name)
    if reason is None:
        assert by_schema
    elif name.isprintable() and name.strip():
        assert not by_schema


def test_a_bad_name_is_said_in_a_sentence() -> None:
    reason = check_project_name("a\nb")
    assert reason is not None
    assert reason.startswith("'a\\nb' cannot be a project's name: one line of")
    assert check_project_name("日本-1") is None
    assert check_project_name("x" * 256) is not None
