import os
import stat
from pathlib import Path

import pytest

from engine.executor import unpacked
from engine.executor.unpacked import unpack
from engine.files.archive import Entry

ENTRIES = [
    Entry("a.txt", data=b"content"),
    Entry("bin/run", 0o755, b"#!/bin/sh\n"),
    Entry("deep/er/b.txt", 0o640, b"b"),
    Entry("link", 0o777, link="deep/er"),
    Entry("open", 0o666, b""),
]


@pytest.fixture(params=["memory", "disk"])
def revision(request, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "_IN_MEMORY", 1 << 20 if request.param == "memory" else 1)
    return unpack(ENTRIES, str(tmp_path / "source"))


def copy(revision, folder):
    revision.make_folders(str(folder))
    revision.fill(str(folder))
    return folder


def seen(folder):
    """path -> (mode, content) of everything below, scratch folders left out."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if ".digdag" in path.parts:
            continue
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[str(path.relative_to(folder))] = os.readlink(path)
        elif path.is_file():
            found[str(path.relative_to(folder))] = (oct(mode), path.read_bytes())
    return found


WHOLE = {
    "a.txt": ("0o644", b"content"),
    "bin/run": ("0o755", b"#!/bin/sh\n"),
    "deep/er/b.txt": ("0o640", b"b"),
    "link": "deep/er",
    "open": ("0o666", b""),
}


def test_a_copy_is_the_project(revision, tmp_path):
    assert seen(copy(revision, tmp_path / "w")) == WHOLE


def test_files_are_read_without_a_copy(revision):
    assert list(revision.paths()) == ["a.txt", "bin/run", "deep/er/b.txt", "open"]
    assert revision.read("link/b.txt") == b"b"
    with pytest.raises(FileNotFoundError):
        revision.read("missing")


def test_writing_to_a_copy_changes_no_other(revision, tmp_path):
    first = copy(revision, tmp_path / "1")
    (first / "a.txt").write_text("changed")
    assert seen(copy(revision, tmp_path / "2")) == WHOLE
    assert revision.read("a.txt") == b"content"


def rewrite(folder):
    (folder / "a.txt").write_text("CONTENT")


def chmod(folder):
    (folder / "bin/run").chmod(0o700)


def add(folder):
    (folder / "deep/new").mkdir()
    (folder / "deep/new/x").write_text("x")
    (folder / ".digdag/tmp/x").mkdir()
    (folder / ".digdag/tmp/x/runner.sh").write_text("x")
    (folder / "other").symlink_to("/etc/passwd")


def delete(folder):
    (folder / "a.txt").unlink()
    (folder / "link").unlink()


def hard_link(folder):
    os.link(folder / "a.txt", folder.parent / f"kept-{folder.name}")


def swap_for_link(folder):
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to("bin/run")


def swap_for_pipe(folder):
    (folder / "a.txt").unlink()
    os.mkfifo(folder / "a.txt")


def nothing(folder):
    pass


@pytest.mark.parametrize(
    "harm",
    [nothing, rewrite, chmod, add, delete, hard_link, swap_for_link, swap_for_pipe],
)
def test_a_used_folder_is_as_good_as_new(revision, tmp_path, harm):
    folder = copy(revision, tmp_path / "w")
    harm(folder)
    assert revision.tidy(str(folder))
    revision.fill(str(folder))
    assert seen(folder) == WHOLE
    assert not list((folder / ".digdag/tmp").iterdir())
    if harm is hard_link:
        (tmp_path / "kept-w").write_text("changed through the other name")
        assert seen(folder) == WHOLE


def remove_folder(folder):
    (folder / "bin/run").unlink()
    (folder / "bin").rmdir()


def chmod_folder(folder):
    (folder / "deep").chmod(0o700)


def chmod_root(folder):
    folder.chmod(0o755)


def folder_for_link(folder):
    remove_folder(folder)
    (folder / "bin").symlink_to("/tmp")


def folder_for_file(folder):
    remove_folder(folder)
    (folder / "bin").write_text("x")


@pytest.mark.parametrize(
    "harm", [remove_folder, chmod_folder, chmod_root, folder_for_link, folder_for_file]
)
def test_changed_folders_are_not_used_again(revision, tmp_path, harm):
    folder = copy(revision, tmp_path / "w")
    harm(folder)
    assert not revision.tidy(str(folder))


def test_a_file_that_became_a_folder_is_removed(revision, tmp_path):
    folder = copy(revision, tmp_path / "w")
    (folder / "a.txt").unlink()
    (folder / "a.txt").mkdir()
    (folder / "a.txt/x").write_text("x")
    assert revision.tidy(str(folder))
    revision.fill(str(folder))
    assert seen(folder) == WHOLE
