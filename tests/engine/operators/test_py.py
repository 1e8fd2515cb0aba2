import shutil
import sys

import pytest

from tests.support.python_tasks import printed


def test_defaults_of_all_py_tasks(run):
    ran = run("def show(who): print(who)", "tasks.show", {"py": {"who": "all"}})
    assert printed(ran) == ["all"]


def test_a_mapping_that_is_returned_takes_the_place_of_the_last_one(run):
    ran = run("def f(): return {'rows': 3}", "tasks.f", {"py": {"last_result": {"old": 1}}})
    assert ran.result.store == {"py": {"last_result": {"rows": 3}}}
    assert ran.result.reset == ("py.last_result",)


@pytest.mark.parametrize("value", ["3", "None", "[1]", "object()"])
def test_other_results_are_passed_over(run, value):
    result = run(f"def f(): return {value}", "tasks.f").result
    assert (result.store, result.reset) == ({}, ())


def test_a_mapping_that_is_no_json_does_not_fail_the_task(run):
    ran = run("def f(): return {'x': object()}", "tasks.f")
    assert ran.result.store == {}
    assert "The result is not kept" in ran.log


def test_the_last_result_is_no_argument(run):
    params = {"py": {"last_result": {"x": 1}}}
    ran = run("def f(last_result=None): print(last_result)", "tasks.f", params)
    assert printed(ran) == ["None"]


def test_a_script_speaks_for_itself(run):
    script = """
import json, sys
given = json.load(open(sys.argv[1]))["params"]
json.dump({"store_params": {"seen": given["v"]}}, open(sys.argv[2], "w"))
"""
    ran = run("", {"py>": None, "script": script}, {"v": 1})
    assert ran.result.store == {"seen": 1}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("pass", "output.json does not exist. Something unexpected error happened. Please check logs."),
        ("import sys; sys.exit(4)", "Python command failed with code 4"),
        ("import sys; open(sys.argv[2], 'w').write('{'); sys.exit(4)", "Python command failed with code 4\nCan't parse output.json. The command failed unexpectedly. Please check logs."),
        ("import sys; open(sys.argv[2], 'w').write('[]')", "Can't parse output.json. The command failed unexpectedly. Please check logs."),
        ("import sys; open(sys.argv[2], 'w').write('{\"store_params\": 3}')", "store_params in output.json must be a mapping, but is 3"),
    ],
)  # fmt: skip
def test_scripts_that_leave_no_output(run, script, message):
    assert run("", {"py>": None, "script": script}).error == f"{message} (runtime)"


def test_only_env_reaches_the_environment(run):
    tasks = "import os\ndef f(): print(os.environ.get('TOKEN') == 'abc123', os.environ.get('v'))"
    ran = run(tasks, {"py>": "tasks.f", "_env": {"TOKEN": "${secret:token}"}}, {"v": 1})
    assert printed(ran) == ["True None"]


def test_secrets_in_parameters_are_filled_in_and_hidden(run):
    tasks = "def f(a, b): print(a, b['c'] == 'abc123'); raise ValueError(a)"
    ran = run(tasks, {"py>": "tasks.f", "b": {"c": "${secret:token}"}}, {"a": "${secret:token}"})
    assert "*** True" in printed(ran)
    assert "abc123" not in ran.log + ran.error
    assert "*** (ValueError)" in ran.error


def test_a_missing_secret_fails_only_the_task_that_names_it(run):
    tasks = "def f(a='', b=''): print(a)"
    assert run(tasks, "tasks.f", {"a": "${secret:no}"}).result
    ran = run(tasks, {"py>": "tasks.f", "b": "${secret:no}"})
    assert ran.error == "Secret not found for key: 'no' (secret not found)"


@pytest.mark.parametrize(
    ("python", "message"),
    [
        (3, "Invalid python: 3 (config)"),
        ([], "Invalid python: [] (config)"),
        ("no-such-python", "Cannot run 'no-such-python': there is no such program (runtime)"),
    ],
)
def test_interpreters_that_cannot_be_used(run, python, message):
    assert run("", {"py>": "tasks.f", "python": python}).error == message


def test_the_interpreter_may_have_arguments(run):
    tasks = "import sys\ndef f(): print(sys.flags.optimize)"
    ran = run(tasks, {"py>": "tasks.f", "python": [sys.executable, "-O"]})
    assert printed(ran) == ["1"]


def test_python3_serves_where_there_is_no_python(project, monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert not shutil.which("python")
    made = project({"tasks.py": "def f(): print('ran')"})
    assert printed(made.run({"py>": "tasks.f"})) == ["ran"]
