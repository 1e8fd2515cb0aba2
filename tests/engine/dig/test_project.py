"""project.py: a set of files becomes workflows, or problems (language.md §1)."""

from pathlib import Path

import pytest

from engine.dig.catalog import Catalog
from engine.dig.project import LoadedProject, load, load_called
from engine.dig.source import FolderFiles, MemoryFiles
from engine.errors import ConfigError
from engine.operators.api import Option

CATALOG = Catalog({"echo": (), "sh": (Option("_command"),), "call": (), "py": ()})
OK = "+a:\n  echo>: x\n"


def loaded(*, strict: bool = True, **files: str) -> LoadedProject:
    named = {name.replace("__", "/").replace("_dig", ".dig"): text for name, text in files.items()}
    return load(MemoryFiles(named), catalog=CATALOG, strict=strict)


def said(project: LoadedProject) -> list[str]:
    return [str(problem) for problem in project.problems]


def test_l01_workflows_are_the_files_at_the_top() -> None:
    files = {"a.dig": OK, "sub/b.dig": OK, ".c.dig": "[", "d.dig/e": "", "n.yml": "["}
    project = load(MemoryFiles(files), catalog=CATALOG)
    assert list(project.workflows) == ["a"]
    assert said(project) == []


def test_ignored_files_are_no_workflows() -> None:
    project = load(
        MemoryFiles({"a.dig": OK, "b.dig": "[", ".digdagignore": "b.*"}), catalog=CATALOG
    )
    assert list(project.workflows) == ["a"]


def test_a_workflow_has_its_definition_tasks_and_places() -> None:
    text = "timezone: Asia/Tokyo\n+a:\n  echo>: x\n_export: {v: 1}\n"
    workflow = loaded(w_dig=text).workflows["w"]
    assert (workflow.name, workflow.file, workflow.timezone) == ("w", "w.dig", "Asia/Tokyo")
    assert list(workflow.config) == ["_export", "+a"]
    assert [task.full_name for task in workflow.tasks] == ["+w", "+w+a"]
    at = workflow.position("+a", "echo>")
    assert (at.file, at.line, at.column) == ("w.dig", 3, 3)
    assert workflow.position("+a", "echo>", value=True).column == 10


def test_schedules_and_triggers_are_named() -> None:
    trigger = "{attempt>: , dependent_workflow_name: load, dependent_project_name: etl}"
    project = loaded(
        a_dig="schedule:\n  daily>: 07:00:00\n" + OK,
        b_dig=f"trigger: {trigger}\n" + OK,
        c_dig=OK,
    )
    assert project.schedules == {"a": {"daily>": "07:00:00"}}
    assert project.triggers == {"b": ("etl", "load")}
    assert [problem.rule for problem in project.warnings] == ["portability"]
    assert project.errors == ()


def test_l04_errors_of_all_files_are_told_in_order() -> None:
    project = loaded(b_dig="x: 1\n+a: 3\n", a_dig=OK, c_dig="[")
    assert [line.split(": ")[0] for line in said(project)] == [
        "b.dig:1:1",
        "b.dig:2:1",
        "c.dig:2:1",
    ]
    assert list(project.workflows) == ["a"]


@pytest.mark.parametrize("name", ["2fa", "my flow", "+a", "^a", "a!", "x" * 255, " ", "a.dig"])
def test_l02_l03_names_of_workflows(name: str) -> None:
    project = load(MemoryFiles({f"{name}.dig": OK}), catalog=CATALOG)
    assert [problem.rule for problem in project.errors] == ["names"]
    assert project.workflows == {}


@pytest.mark.parametrize("name", ["日次", "été", "a^b", "_x", "-", "x" * 254, "a.b"])
def test_names_in_any_letters(name: str) -> None:
    project = load(MemoryFiles({f"{name}.dig": OK}), catalog=CATALOG)
    assert list(project.workflows) == [name]
    assert [problem.rule for problem in project.problems] == (
        [] if name.isascii() else ["portability"]
    )


def test_what_is_certain_to_fail_is_an_error_of_a_check_and_not_of_an_upload() -> None:
    text = """
sla: soon
+a:
  no_such_operator>: x
+b:
  _export: [1]
  sh>: x
+c:
  sh>: x
  _retry: true
+d:
  call>: missing
+e:
  sh>: x
  _check: {sh>: a, echo>: b}
"""
    strict, lenient = loaded(w_dig=text), loaded(w_dig=text, strict=False)
    assert [problem.rule for problem in strict.errors] == [
        "sla",
        "operators",
        "export",
        "reserved",
        "calls",
        "shape",
    ]
    assert lenient.problems == ()
    assert len(lenient.workflows["w"].tasks) == 6


def test_an_operator_of_the_next_version_is_not_an_unknown_one() -> None:
    (error,) = loaded(w_dig="+a:\n  td>: q.sql\n").errors
    assert error.message == "This version of digbot does not have the operator 'td>' yet"


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "schedule:\n  daily>: soon\n",
        "schedule: daily\n",
        "trigger: etl\n",
        "timezone: Mars\n",
        "_export: [1]\n",
        "sh>: x\n",
    ],
)
def test_what_everybody_refuses(text: str, strict: bool) -> None:
    assert loaded(w_dig=text + OK, strict=strict).errors


def test_called_files_are_checked_once_like_workflows() -> None:
    project = loaded(
        a_dig="+a:\n  call>: sub/b\n+c:\n  call>: sub/b.dig\n",
        sub__b_dig="schedule: ignored\nx: 1\n+t:\n  call>: c\n",
        sub__c_dig="+t:\n  ecoh>: x\n",
    )
    assert [line.split(":")[0:2] for line in said(project)] == [
        ["sub/b.dig", "2"],
        ["sub/c.dig", "2"],
    ]


def test_a_file_may_call_itself() -> None:
    project = loaded(a_dig="+a:\n  call>: a\n+b:\n  call>: sub/b\n", sub__b_dig="+a:\n  call>: b\n")
    assert said(project) == []


def test_files_that_nobody_uses_are_read_and_only_warned_of() -> None:
    files = {"a_dig": OK, "sub__part_dig": "k: 1\n", "sub__broken_dig": "[\n"}
    project = loaded(**files)
    assert [(p.severity, p.position.file) for p in project.problems if p.position] == [
        ("warning", "sub/broken.dig")
    ]
    assert loaded(**files, strict=False).problems == ()


def test_parsed_content_and_includes_are_known() -> None:
    project = load(
        MemoryFiles(
            {
                "a.dig": "_export:\n  !include : conf/x.yml\n" + OK,
                "conf/x.yml": "b: 0.5  # a comment\n",
                "conf/y.yml": "[",
                "sub/b.dig": "k: 1",
            }
        ),
        catalog=CATALOG,
    )
    assert project.includes == {"conf/x.yml"}
    assert project.parsed == {
        "a.dig": {"_export": {"b": "0.5"}, "+a": {"echo>": "x"}},
        "conf/x.yml": {"b": "0.5"},
        "sub/b.dig": {"k": 1},
    }


def test_a_mistake_in_an_included_file_is_told_there() -> None:
    project = loaded(
        a_dig="+g:\n  !include : part_dig\n".replace("_dig", ".inc"),
        **{"part.inc": "+x:\n  echo>: a\n  sh>: b\n"},
    )
    (error,) = project.errors
    assert str(error).startswith("part.inc:3:3: A task can't have more than one operator")


def test_a_folder_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a.dig").write_text(OK)
    (tmp_path / "out.dig").symlink_to("/etc/hostname")
    project = load(FolderFiles(tmp_path), catalog=CATALOG)
    assert list(project.workflows) == ["a"]
    assert [problem.message for problem in project.errors] == [
        "The file 'out.dig' leads out of the project"
    ]


def test_an_empty_project_is_fine() -> None:
    assert loaded() == LoadedProject({}, (), frozenset(), {})
    assert len(loaded(a_dig="timezone: UTC").workflows["a"].tasks) == 1


def test_the_position_of_a_trigger_is_known_to_a_deploy() -> None:
    text = OK + "trigger:\n  attempt>:\n  dependent_workflow_name: w\n  dependent_project_name: p\n"
    workflow = loaded(a_dig=text).workflows["a"]
    assert workflow.position("trigger", "dependent_project_name", value=True).line == 6


def test_what_call_runs_has_no_schedule() -> None:
    text = "timezone: UTC\nschedule: x\nsla: y\ntrigger: z\n_retry: 1\n_export: {a: 1}\n" + OK
    files = MemoryFiles({"sub/c.dig": text})
    expected = {"_export": {"a": 1}, "_retry": 1, "+a": {"echo>": "x"}}
    assert load_called(files, "sub/c") == load_called(files, "sub/c.dig") == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "File not found: missing.dig"),
        ("../x", "File name must not be outside of the project: '../x'"),
        ("broken", "broken.dig:2:1: A "),
        ("operator", r"Workflow 'operator' includes unknown keys: \[sh>\]"),
        ("shape", "shape.dig:3:3: A task can't have more than one operator"),
    ],
)
def test_what_call_cannot_run(path: str, message: str) -> None:
    files = {"broken.dig": "[1,", "operator.dig": "sh>: x", "shape.dig": "+a:\n  a>: 1\n  b>: 2\n"}
    with pytest.raises(ConfigError, match=message):
        load_called(MemoryFiles(files), path)
