"""checks.py: every rule meets every task, written or generated."""

from engine.dig.catalog import Catalog
from engine.dig.checks import check_tasks, check_top, follow_calls
from engine.dig.compiler import analyse

CATALOG = Catalog({"sh": (), "call": ()})
BAD = {"ecoh>": "x"}


def test_bodies_of_generated_tasks_are_checked_where_they_stand() -> None:
    task = {
        "sh>": "x",
        "_check": BAD,
        "_error": {"+e": BAD},
        "_do": {"+d": {"sh>": "y", "_do": BAD}},
    }
    found = check_tasks(analyse("+wf", {"+a": task}, top=True), CATALOG)
    assert {finding.path for finding in found} == {
        ("+a", "_check", "ecoh>"),
        ("+a", "_error", "+e", "ecoh>"),
        ("+a", "_do", "+d", "_do", "ecoh>"),
    }


def test_a_body_that_is_no_task_is_told() -> None:
    found = list(check_tasks(analyse("+wf", {"+a": {"sh>": "x", "_do": [BAD]}}), CATALOG))
    assert [finding.message for finding in found] == [
        """+wf+a^sub must be a mapping, found '[{"ecoh>": "x"}]'"""
    ]


def test_tasks_of_an_sla_are_checked() -> None:
    config = {"sla": {"time": "02:00", "+late": BAD, "oops": 1}}
    found = list(check_top("wf", config, CATALOG))
    assert [finding.path for finding in found] == [("sla", "oops"), ("sla", "+late", "ecoh>")]


def test_calls_are_followed_from_the_folder_of_the_caller() -> None:
    config = {"+a": {"call>": "b"}, "+c": {"sh>": "x", "_check": {"call>": "d.dig"}}}
    compilation = analyse("+wf", config, top=True)
    followed = dict(follow_calls(compilation, "sub", ["sub/b.dig"]))
    assert followed["sub/b.dig"] is None
    missing = followed["sub/d.dig"]
    assert missing
    assert missing.path == ("+c", "_check", "call>")
    assert missing.message == "File not found: 'sub/d.dig' (did you mean 'sub/b.dig'?)"


def test_nothing_is_certain_under_a_working_directory_of_the_users() -> None:
    compilation = analyse("+wf", {"+a": {"_export": {"_workdir": "x"}, "call>": "no"}}, top=True)
    assert list(follow_calls(compilation, "", [])) == []
