"""What of a commit is a project, and what is wrong with its files."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.git import snapshot as module
from bot.git.snapshot import Snapshot, resolve
from bot.git.tree import Repository
from tests.support.git import WorkTree, git


def snap(work: WorkTree, opened: Repository, *ignore: str, path: str = ".") -> Snapshot:
    tree = opened.lookup(opened.commit(work.head).tree, path)
    assert tree is not None
    return Snapshot(opened, tree.id, ignore)


def problems(snapshot: Snapshot) -> list[str]:
    return [str(problem) for problem in snapshot.problems]


def test_files_are_read_from_objects(work: WorkTree, opened: Repository) -> None:
    work.write({"a.dig": "x: 1\n", "sub/run.sh": "true\n"})
    (work.folder / "sub/run.sh").chmod(0o755)
    work.commit()
    work.write({"a.dig": "changed, and not committed"})
    snapshot = snap(work, opened)
    assert snapshot.paths() == ["a.dig", "sub/run.sh"]
    assert snapshot.read("a.dig") == b"x: 1\n"
    assert snapshot.files["sub/run.sh"].executable
    assert not snapshot.files["a.dig"].executable
    with pytest.raises(FileNotFoundError):
        snapshot.read("b.dig")


def test_what_does_not_count(work: WorkTree, opened: Repository) -> None:
    work.commit(
        {
            "a.dig": "",
            "digbot.yml": "",
            ".env": "",
            ".github/x.dig": "",
            "notes/x.ipynb": "",
            "tmp/x": "",
            "keep/tmp.txt": "",
            ".digdagignore": "tmp/\n",
        }
    )
    assert snap(work, opened, "**/*.ipynb").paths() == ["a.dig", "keep/tmp.txt"]


def test_only_the_folder_counts(work: WorkTree, opened: Repository) -> None:
    work.commit({"etl/a.dig": "", "other/b": "", "c": ""})
    assert snap(work, opened, path="etl").paths() == ["a.dig"]


def test_links_inside_are_followed(work: WorkTree, opened: Repository) -> None:
    work.commit(
        {
            "a.dig": "text",
            "b.dig": "-> a.dig",
            "sub/c": "-> ../b.dig",
            "dir": "-> sub",
            "dangling": "-> nowhere",
        }
    )
    snapshot = snap(work, opened)
    assert problems(snapshot) == []
    assert snapshot.paths() == ["a.dig", "b.dig", "sub/c"]
    assert snapshot.read("sub/c") == b"text"
    assert snapshot.read("dir/c") == b"text"
    with pytest.raises(FileNotFoundError):
        snapshot.read("dangling")


@pytest.mark.parametrize(
    "links",
    [
        {"x": "-> /etc/passwd"},
        {"x": "-> ../secret"},
        {"sub/x": "-> ../../secret"},
        {"sub/d": "-> .", "sub/x": "-> d/../../secret"},
        {"d": "-> .", "x": "-> d/.."},
        {"a/b/c": "y", "d": "-> a/b", "x": "-> d/../../../y"},
    ],
)
def test_a_link_that_leaves_the_project_is_refused(
    work: WorkTree, opened: Repository, links: dict[str, str]
) -> None:
    work.commit({"a.dig": "", **links})
    found = problems(snap(work, opened))
    assert len(found) == 1
    name = list(links)[-1]
    target = links[name].removeprefix("-> ")
    assert found[0] == (
        f"{name}:1:1: the symbolic link leaves the project: it points to '{target}' [symlink]"
    )


def test_a_link_that_leaves_the_folder_but_not_the_repository(
    work: WorkTree, opened: Repository
) -> None:
    work.commit({"etl/a.dig": "", "etl/lib": "-> ../lib", "lib/x": ""})
    assert len(problems(snap(work, opened, path="etl"))) == 1
    assert problems(snap(work, opened)) == []


def test_a_circle_of_links_is_only_broken(work: WorkTree, opened: Repository) -> None:
    work.commit({"a.dig": "", "x": "-> y", "y": "-> x"})
    snapshot = snap(work, opened)
    assert problems(snapshot) == []
    assert snapshot.paths() == ["a.dig"]


def test_submodules_and_lfs_are_named(work: WorkTree, opened: Repository) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    head = work.commit({"a.dig": "", "big.bin": pointer, "small": "version 1\n"})
    work.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib")
    work.git("commit", "-qm", "submodule")
    snapshot = snap(work, opened)
    assert problems(snapshot) == [
        "big.bin:1:1: a Git LFS pointer: the file that it stands for is not fetched [lfs]",
        "vendor/lib:1:1: a submodule is not fetched, its files are not part of the project"
        " [submodule]",
    ]
    assert not any(problem.is_error for problem in snapshot.problems)
    assert snapshot.paths() == ["a.dig", "big.bin", "small"]


def test_a_project_has_a_size(
    work: WorkTree, opened: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROJECT_BYTES", 3 * 1024 * 1024)
    work.commit({"a.dig": "", "big": b"x" * 3 * 1024 * 1024, "more": b"y" * 1024 * 1024})
    assert problems(snap(work, opened)) == [
        "big:1:1: the project's files have 4 MiB together, at most 3 MiB are allowed; "
        "the largest is 'big' with 3 MiB [project-size]"
    ]
    monkeypatch.setattr(module, "PROJECT_FILES", 2)
    assert "3 files, at most 2 are allowed" in problems(snap(work, opened))[0]


def test_names_that_cannot_be_unpacked(work: WorkTree, opened: Repository) -> None:
    work.commit({"a.dig": "", "back\\slash": "", "ünïcode": ""})
    (work.folder / "bad").write_bytes(b"")
    blob = work.git("hash-object", "-w", "bad").strip()
    listing = f"100644 blob {blob}\tb\udcff\0".encode("utf-8", "surrogateescape")
    tree = git(work.folder, "mktree", "-z", stdin=listing).strip()
    assert [p.rule for p in Snapshot(opened, tree).problems] == ["file-name"]
    snapshot = snap(work, opened)
    assert problems(snapshot) == [
        "back\\slash:1:1: 'back\\slash' cannot be the name of a file [file-name]"
    ]
    assert snapshot.paths() == ["a.dig", "ünïcode"]


def test_no_tree_is_no_file(opened: Repository) -> None:
    assert Snapshot(opened, None).paths() == []


@pytest.mark.parametrize(
    ("path", "links", "expected"),
    [
        ("a", {}, "a"),
        ("a/b", {"a": "c"}, "c/b"),
        ("a/../b", {}, "b"),
        ("a/b", {"a/b": "../c"}, "c"),
        ("a", {"a": "b", "b": "c/d"}, "c/d"),
        ("a", {"a": ".."}, None),
        ("a", {"a": "/b"}, None),
        ("a", {"a": "a"}, "a"),
        ("x", {"d": ".", "x": "d/d/y"}, "y"),
    ],
)
def test_resolving(path: str, links: dict[str, str], expected: str | None) -> None:
    assert resolve(path, links) == expected


_NAMES = st.lists(st.sampled_from(["a", "b", "..", "."]), min_size=1, max_size=4).map("/".join)


@given(links=st.dictionaries(st.sampled_from(["a", "b", "a/b", "b/a"]), _NAMES), path=_NAMES)
def test_resolving_never_leaves(links: dict[str, str], path: str) -> None:
    found = resolve(path, links)
    if found is not None and found != path:
        assert ".." not in PurePosixPath(found).parts
