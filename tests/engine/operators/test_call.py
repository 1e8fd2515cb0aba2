import pytest

FILES = {
    "main.dig": "+a:\n  call>: child\n",
    "child.dig": "_export:\n  v: 1\n\n+one:\n  echo>: ${v}\n",
    "sub/inner.dig": "+one:\n  echo>: x\n",
    "sub/own.dig": "_export:\n  _workdir: deep\n+one:\n  echo>: x\n",
    "broken.dig": "echo>: top\n",
}


@pytest.mark.parametrize("name", ["child", "child.dig", "./child", "${name}"])
def test_the_content_becomes_the_subtask(project, name):
    ran = project(FILES).run({"call>": name}, params={"name": "child"})
    assert ran.result.subtask == {"_export": {"v": 1}, "+one": {"echo>": "${v}"}}


@pytest.mark.parametrize(
    ("command", "workdir", "export"),
    [
        ("sub/inner", None, {"_workdir": "sub"}),
        ("inner.dig", "sub", {"_workdir": "sub"}),
        ("sub/own", None, {"_workdir": "sub/deep"}),
        ("../child", "sub", {"v": 1, "_workdir": ""}),
    ],
)
def test_tasks_run_in_the_folder_of_their_file(project, command, workdir, export):
    ran = project(FILES).run({"call>": command}, params={"_workdir": workdir} if workdir else {})
    assert ran.result.subtask["_export"] == export


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("missing", "File not found: missing.dig (config)"),
        ("../outside", "File name must not be outside of project path: ../outside.dig (config)"),
        (None, "Parameter 'call>' is required but not set (config)"),
    ],
)
def test_a_file_that_cannot_be_called(project, command, message):
    assert project(FILES).run({"call>": command}).error == message


def test_a_broken_file_is_described_with_its_place(project):
    error = project(FILES).run({"call>": "broken"}).error
    assert "broken.dig:1:1" in error
    assert "echo>" in error
