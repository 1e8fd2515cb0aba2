"""source.py: the files of a project, and places in them (language.md §1.3)."""

import os
from pathlib import Path

import pytest

from engine.dig.source import FolderFiles, MemoryFiles, Spot, inside, locate, visible_paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("a.dig", "sub/b.dig", "sub/.hidden", ".c.dig", ".digdag/x", "d.dig/e", "n.ipynb"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def test_l01_a_folder_shows_what_a_push_would_send(folder: Path) -> None:
    assert FolderFiles(folder).paths() == ["a.dig", "d.dig/e", "n.ipynb", "sub/b.dig"]
    assert FolderFiles(folder).read("sub/b.dig") == b"sub/b.dig"


def test_ignored_files_are_left_out(folder: Path) -> None:
    (folder / ".digdagignore").write_text("*.ipynb\n/sub/\n!sub/keep\n# comment\n")
    files = FolderFiles(folder)
    assert files.paths() == ["a.dig", "d.dig/e"]
    with pytest.raises(FileNotFoundError):
        files.read("n.ipynb")


@pytest.mark.parametrize("path", ["no.dig", ".c.dig", "sub/.hidden", "../outside", "/etc/passwd"])
def test_what_is_no_file_of_the_project_is_not_found(folder: Path, path: str) -> None:
    (folder.parent / "outside").write_text("secret")
    with pytest.raises(FileNotFoundError):
        FolderFiles(folder).read(path)


def test_pipes_are_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "link.dig").symlink_to("pipe")
    files = FolderFiles(folder)
    assert "pipe" not in files.paths()
    for path in ("pipe", "link.dig"):
        with pytest.raises(FileNotFoundError):
            files.read(path)
    with pytest.raises(IsADirectoryError):
        files.read("sub")


def test_links_are_followed_inside_of_the_folder_only(folder: Path) -> None:
    (folder.parent / "outside.dig").write_text("secret")
    (folder / "in.dig").symlink_to("a.dig")
    (folder / "out.dig").symlink_to("../outside.dig")
    (folder / "dangling.dig").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "itself").symlink_to("itself")
    files = FolderFiles(folder)
    listed = files.paths()
    assert {"in.dig", "out.dig", "dangling.dig"} < set(listed)
    assert not any(path.startswith("loop") for path in listed)
    assert files.read("in.dig") == b"a.dig"
    with pytest.raises(FileNotFoundError, match="leads out of the project"):
        files.read("out.dig")


def test_dotfiles_and_ignored_files_never_count() -> None:
    files = MemoryFiles(
        {"a.dig": "", ".git/x": "", "s/.b": "", "n.txt": "", ".digdagignore": "*.txt\n"}
    )
    assert visible_paths(files) == ["a.dig"]
    assert visible_paths(MemoryFiles({"b": "", "a": ""})) == ["a", "b"]


@pytest.mark.parametrize(
    ("folder", "path", "found"),
    [
        ("", "a", "a"),
        ("", "./a//b/../c", "a/c"),
        ("", "../a", None),
        ("", "/a", None),
        ("", "a/../../b", None),
        ("sub", "x", "sub/x"),
        ("sub", "../sub/x", "sub/x"),
        ("sub", "../x", None),
        ("sub", "../sub2/x", None),
        ("a/b", "../b/c", "a/b/c"),
        ("a/b", "../c", None),
    ],
)
def test_paths_stay_inside_of_a_folder(folder: str, path: str, found: str | None) -> None:
    assert inside(folder, path) == found


def test_a_path_that_leads_further_than_the_text_ends_where_the_text_does() -> None:
    leaf: Spot = ("f", 3, 4, 5, 6, None)
    root: Spot = ("f", 0, 0, 0, 0, {"a": ("f", 1, 2, 1, 5, [leaf])})
    assert locate(root, ("a", 0, "x")) == locate(root, ("a", 0))
    assert locate(root, ("a", 7)).line == 2
    assert locate(root, ("a", "x")).line == 2
    assert locate(root, ("b",)).line == 1
    at = locate(root, ("a", 0), value=True)
    assert (at.file, at.line, at.column) == ("f", 6, 7)
