import os
from pathlib import Path

import pytest

from engine.executor.workspace import FolderWorkspaces, TemporaryWorkspace, remove
from engine.testing import TestProject


@pytest.fixture
def task_run(tmp_path):
    return TestProject(tmp_path / "other").task_run({})


def test_local_runs_work_in_the_projects_folder(tmp_path, task_run):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.dig").write_text("+one:\n  echo>: x\n")
    workspaces = FolderWorkspaces(folder)
    workspace = workspaces.open(task_run)
    assert workspace.path == str(folder)
    scratch = workspace.scratch("digdag-sh-1")
    (Path(scratch) / "input.json").write_text("a secret")
    (folder / "left.txt").write_text("by a task")
    assert os.path.dirname(scratch) == str(folder / ".digdag/tmp")
    os.rmdir(workspace.scratch("removed-by-the-task"))
    workspace.spoil()
    workspace.close()
    assert os.listdir(folder / ".digdag/tmp") == []
    assert (folder / "left.txt").exists()
    assert workspaces.read(task_run, "a.dig").startswith(b"+one")
    assert workspaces.definition(task_run, "a.dig") == {"+one": {"echo>": "x"}}


def test_everything_is_removed(tmp_path):
    folder = tmp_path / "x"
    (folder / "a/b/c").mkdir(parents=True)
    (folder / "a/file").write_text("x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_text("x")
    (folder / "a/link").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "a/b/pipe")
    (folder / "a/b").chmod(0o500)
    remove(str(folder))
    assert not folder.exists()
    assert (tmp_path / "outside/kept").exists()


def test_a_folder_that_cannot_be_removed_is_a_warning(tmp_path, caplog):
    TemporaryWorkspace(str(tmp_path / "missing")).close()
    assert "could not be removed" in caplog.text
