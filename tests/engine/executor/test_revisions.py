import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.executor import revisions, unpacked
from engine.executor.revisions import RevisionWorkspaces
from engine.files.archive import Entry, pack
from engine.files.local import LocalFiles
from engine.testing import TestProject


class Store(LocalFiles):
    """Counts how often an archive is read."""

    def __init__(self, root):
        super().__init__(root)
        self.reads = 0

    def get(self, sha256):
        self.reads += 1
        return super().get(sha256)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "files")


@pytest.fixture
def workspaces(tmp_path, store):
    return RevisionWorkspaces(tmp_path / "workspaces", store)


@pytest.fixture
def task_run(tmp_path, store):
    """Makes runs of a revision with these files."""
    project = TestProject(tmp_path / "other")

    def make(**files):
        entries = [Entry(name, data=text.encode()) for name, text in files.items()]
        return project.task_run({}, archive_sha256=store.put(pack(entries)))

    return make


def test_each_execution_starts_from_the_projects_files(workspaces, task_run):
    run = task_run(a="one")
    first = workspaces.open(run)
    Path(first.path, "a").write_text("changed")
    Path(first.path, "new").write_text("new")
    first.close()
    second = workspaces.open(run)
    assert Path(second.path, "a").read_text() == "one"
    assert not Path(second.path, "new").exists()


def test_executions_at_once_have_folders_of_their_own(workspaces, task_run):
    run = task_run(a="one")
    paths = {workspaces.open(run).path for _ in range(20)}
    assert len(paths) == 20


def test_folders_are_used_again_but_not_by_other_revisions(workspaces, task_run):
    first = workspaces.open(task_run(a="one"))
    first.close()
    other = workspaces.open(task_run(a="two"))
    again = workspaces.open(task_run(a="one"))
    assert again.path == first.path != other.path


def test_a_script_is_written_over_that_of_an_earlier_execution(workspaces, task_run, tmp_path):
    run = task_run(a="one")
    first = workspaces.open(run)
    old = Path(first.script("sh-1", "runner.sh", b"a secret"))
    inode = old.stat().st_ino
    first.close()
    assert [kept.read_bytes() for kept in tmp_path.rglob("runner.sh")] == [b"a"]
    second = workspaces.open(run)
    assert list(Path(second.path, ".digdag/tmp").iterdir()) == []
    new = Path(second.script("sh-2", "runner.sh", b"short"))
    assert new.read_bytes() == b"short"
    assert new.stat().st_ino == inode
    assert new.parent.name.startswith("sh-2-")
    assert os.listdir(new.parent) == ["runner.sh"]


def test_scripts_at_once_are_files_of_their_own(workspaces, task_run):
    workspace = workspaces.open(task_run(a="one"))
    paths = [workspace.script("sh", "runner.sh", bytes([65 + n])) for n in range(3)]
    assert [Path(path).read_bytes() for path in paths] == [b"A", b"B", b"C"]


@pytest.mark.parametrize(
    "change",
    [
        lambda script: script.chmod(0o644),
        lambda script: script.parent.chmod(0o700),
        lambda script: script.with_name("more").write_text("x"),
        lambda script: script.with_name("link").hardlink_to(script),
        lambda script: os.link(script, script.parents[3] / "link"),
        lambda script: script.unlink(),
        lambda script: (script.unlink(), script.symlink_to("/etc/passwd")),
        lambda script: (script.unlink(), script.parent.rmdir()),
    ],
)
def test_a_script_whose_task_did_more_than_write_to_it_is_not_used_again(
    workspaces, task_run, change
):
    run = task_run(a="one")
    first = workspaces.open(run)
    script = Path(first.script("sh", "runner.sh", b"one"))
    change(script)
    first.close()
    second = workspaces.open(run)
    assert list(Path(second.path, ".digdag/tmp").iterdir()) == []
    again = Path(second.script("sh", "runner.sh", b"two"))
    assert again.read_bytes() == b"two"
    assert again.stat().st_mode & 0o777 == 0o600
    assert again.stat().st_nlink == 1
    assert (
        again.parent.stat().st_mode & 0o777 == Path(second.path, ".digdag").stat().st_mode & 0o777
    )


def test_a_spoilt_folder_is_removed(workspaces, task_run):
    workspace = workspaces.open(task_run(a="one"))
    workspace.spoil()
    workspace.close()
    assert not os.path.exists(workspace.path)
    assert workspaces.open(task_run(a="one")).path != workspace.path


def test_an_archive_is_unpacked_once_for_all_who_wait(workspaces, task_run, store):
    run = task_run(a="one")
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(workspaces.open, [run] * 40))
    assert store.reads == 1
    assert {Path(each.path, "a").read_text() for each in opened} == {"one"}


def test_few_revisions_are_kept(workspaces, task_run, store, monkeypatch, tmp_path):
    monkeypatch.setattr(revisions, "_KEPT", 2)
    monkeypatch.setattr(unpacked, "_IN_MEMORY", 0)
    for number in range(6):
        workspaces.open(task_run(a=str(number))).close()
    assert store.reads == 6
    workspaces.open(task_run(a="5")).close()
    assert store.reads == 6
    assert workspaces.read(task_run(a="0"), "a") == b"0"
    assert store.reads == 7
    left = sum(path.is_dir() for path in (tmp_path / "workspaces").iterdir())
    assert left <= 3
    assert len(os.listdir(tmp_path / "workspaces/.revisions")) == 2


def test_a_revision_in_use_is_not_dropped(workspaces, task_run, monkeypatch):
    monkeypatch.setattr(revisions, "_KEPT", 1)
    held = workspaces.open(task_run(a="held"))
    for number in range(3):
        workspaces.open(task_run(a=str(number))).close()
    assert Path(held.path, "a").read_text() == "held"
    held.close()
    assert workspaces.open(task_run(a="held")).path


def test_what_an_earlier_server_left_is_removed_at_the_first_use(tmp_path, store, task_run):
    (tmp_path / "workspaces/7/sub").mkdir(parents=True)
    workspaces = RevisionWorkspaces(tmp_path / "workspaces", store)
    assert os.listdir(tmp_path / "workspaces") == ["7"]
    workspaces.read(task_run(a="one"), "a")
    assert os.listdir(tmp_path / "workspaces") == [".revisions"]


def test_a_missing_archive_is_tried_again(workspaces, task_run, store):
    run = task_run(a="one")
    path = store.path(run.archive_sha256)
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(NotFound):
        workspaces.open(run)
    path.write_bytes(data)
    assert Path(workspaces.open(run).path, "a").read_text() == "one"


def test_a_full_disk_leaves_no_half_workspace(workspaces, task_run, monkeypatch, tmp_path):
    run = task_run(a="one", b="two")
    written = os.write

    def full(descriptor, data):
        if data == b"two":
            raise OSError(28, "No space left on device")
        return written(descriptor, data)

    monkeypatch.setattr(unpacked.os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        workspaces.open(run)
    monkeypatch.undo()
    again = workspaces.open(run)
    assert Path(again.path, "b").read_text() == "two"


def test_called_files_are_read_once(workspaces, task_run):
    run = task_run(**{"a.dig": "+one:\n  echo>: x\n"})
    first = workspaces.definition(run, "a.dig")
    assert first == {"+one": {"echo>": "x"}}
    assert workspaces.definition(run, "a.dig") is first
