"""Objects and refs of a repository, compared with what git itself made."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.events import RefUpdate
from bot.git.errors import Conflicts, GitError, NoSuchRepository, RefMoved, UnsupportedFormat
from bot.git.tree import Entry, Repository, is_ref_name
from tests.support.git import WorkTree, git


def bare(tmp_path: Path, work: WorkTree) -> Repository:
    """A bare copy of the work tree's repository."""
    git(tmp_path, "clone", "-q", "--bare", str(work.folder), str(tmp_path / "bare.git"))
    return Repository(tmp_path / "bare.git")


def test_a_commit_says_who_when_and_what(work: WorkTree, opened: Repository) -> None:
    first = work.commit({"a": "1"}, "Add a\n\nwith a body")
    second = work.commit({"a": "2"}, "Change a")
    commit = opened.commit(second)
    assert commit.id == second
    assert commit.parents == (first,)
    assert commit.author == "Ada <ada@example.com>"
    assert commit.subject == "Change a"
    assert commit.committed_at == datetime(2026, 1, 5, 0, 0, 2, tzinfo=UTC)
    assert opened.commit(first).subject == "Add a"


def test_a_tag_means_its_commit(work: WorkTree, opened: Repository) -> None:
    commit = work.commit({"a": "1"})
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("tag", "light")
    refs = opened.refs()
    assert opened.commit(refs["refs/tags/v1"]).id == commit
    assert refs["refs/tags/v1"] != commit
    assert refs["refs/tags/light"] == commit
    assert opened.tagged_at(refs["refs/tags/light"]) == opened.commit(commit).committed_at
    assert opened.tagged_at(refs["refs/tags/v1"]) > opened.commit(commit).committed_at


def test_what_is_no_commit_is_refused_in_a_sentence(work: WorkTree, opened: Repository) -> None:
    work.commit({"a": "1"})
    tree = work.git("rev-parse", "HEAD^{tree}").strip()
    with pytest.raises(GitError, match=f"{tree[:12]} is a tree, not a commit"):
        opened.commit(tree)
    with pytest.raises(GitError, match="is not in the repository"):
        opened.commit("0" * 39 + "1")


def test_entries_have_kinds(work: WorkTree, opened: Repository) -> None:
    work.write({"run.sh": "#!/bin/sh\n", "link": "-> run.sh", "sub/file": "x"})
    (work.folder / "run.sh").chmod(0o755)
    commit = opened.commit(work.commit())
    found = {e.name: (e.kind, e.executable) for e in opened.entries(commit.tree)}
    assert found == {
        "run.sh": ("blob", True),
        "link": ("link", False),
        "sub": ("tree", False),
    }
    assert [path for path, _ in opened.walk(commit.tree)] == ["link", "run.sh", "sub/file"]


def test_looking_up_paths(work: WorkTree, opened: Repository) -> None:
    tree = opened.commit(work.commit({"a/b/c": "deep"})).tree
    found = opened.lookup(tree, "a/b/c")
    assert found is not None
    assert opened.read(found.id) == b"deep"
    assert opened.size(found.id) == 4
    assert opened.lookup(tree, ".") == Entry("", "tree", tree)
    assert opened.lookup(tree, "a/x") is None
    assert opened.lookup(tree, "a/b/c/d") is None


def test_refs_move_together_or_not_at_all(tmp_path: Path, work: WorkTree) -> None:
    old = work.commit({"a": "1"})
    new = work.commit({"a": "2"})
    repository = bare(tmp_path, work)
    stale = [RefUpdate("refs/heads/x", None, new), RefUpdate("refs/heads/main", old, new)]
    with pytest.raises(RefMoved, match="main was moved by somebody else"):
        repository.move(stale)
    assert repository.refs() == {"refs/heads/main": new}
    repository.move([RefUpdate("refs/heads/x", None, old), RefUpdate("refs/heads/main", new, None)])
    assert repository.refs() == {"refs/heads/x": old}


def test_a_packed_ref_can_be_removed(tmp_path: Path, work: WorkTree) -> None:
    head = work.commit({"a": "1"})
    work.git("branch", "other")
    repository = bare(tmp_path, work)
    git(repository.path, "pack-refs", "--all")
    repository.move([RefUpdate("refs/heads/other", head, None)])
    assert repository.refs() == {"refs/heads/main": head}


def test_a_name_that_is_in_the_way_moves_nothing(tmp_path: Path, work: WorkTree) -> None:
    head = work.commit({"a": "1"})
    repository = bare(tmp_path, work)
    repository.move([RefUpdate("refs/heads/x", None, head)])
    with pytest.raises(GitError):
        repository.move([RefUpdate("refs/heads/x/y", None, head)])
    assert repository.refs() == {"refs/heads/main": head, "refs/heads/x": head}


@pytest.mark.parametrize(("gone", "new"), [("x", "x/y"), ("x/y", "x")])
def test_a_ref_makes_room_for_one_below_its_name(
    tmp_path: Path, work: WorkTree, gone: str, new: str
) -> None:
    head = work.commit({"a": "1"})
    repository = bare(tmp_path, work)
    repository.move([RefUpdate(f"refs/heads/{gone}", None, head)])
    repository.move(
        [RefUpdate(f"refs/heads/{new}", None, head), RefUpdate(f"refs/heads/{gone}", head, None)]
    )
    assert repository.refs() == {"refs/heads/main": head, f"refs/heads/{new}": head}


def test_the_default_branch_may_be_unborn(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "new.git")
    assert repository.default_branch == "refs/heads/main"
    repository.set_default_branch("refs/heads/trunk")
    assert Repository(tmp_path / "new.git").default_branch == "refs/heads/trunk"
    assert repository.refs() == {}


def test_merges_are_made_in_a_scratch_repository(tmp_path: Path, work: WorkTree) -> None:
    work.commit({"a": "1\n", "b": "1\n"})
    work.git("branch", "side")
    ours = work.commit({"a": "2\n"})
    work.git("checkout", "-q", "side")
    theirs = work.commit({"b": "2\n"})
    base = bare(tmp_path, work)
    scratch = Repository.scratch(tmp_path / "scratch.git", base.path)
    tree = scratch.merge(ours, theirs)
    assert {path: scratch.read(entry.id) for path, entry in scratch.walk(tree)} == {
        "a": b"2\n",
        "b": b"2\n",
    }
    assert not Repository(base.path).has(tree)


def test_a_conflict_names_the_files(work: WorkTree, opened: Repository) -> None:
    work.commit({"a": "1\n"})
    work.git("branch", "side")
    ours = work.commit({"a": "2\n"})
    work.git("checkout", "-q", "side")
    theirs = work.commit({"a": "3\n"})
    with pytest.raises(Conflicts, match="conflict in a") as caught:
        opened.merge(ours, theirs)
    assert caught.value.paths == ["a"]


def test_ancestors(work: WorkTree, opened: Repository) -> None:
    first, second = work.commit({"a": "1"}), work.commit({"a": "2"})
    assert opened.is_ancestor(first, second)
    assert opened.is_ancestor(first, first)
    assert not opened.is_ancestor(second, first)


def test_what_an_object_needs(work: WorkTree, opened: Repository) -> None:
    first, second = work.commit({"a": "1"}), work.commit({"a": "2"})
    work.git("tag", "-a", "v1", "-m", "one")
    commit = opened.commit(second)
    blob = opened.lookup(commit.tree, "a")
    assert blob is not None
    assert opened.references(second) == ("commit", [commit.tree, first])
    assert opened.references(commit.tree) == ("tree", [blob.id])
    assert opened.references(blob.id) == ("blob", [])
    assert opened.references(opened.refs()["refs/tags/v1"]) == ("tag", [second])


def test_folders_that_are_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRepository, match="is not a git repository"):
        Repository(tmp_path)


def test_sha256_is_refused_clearly(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "--object-format=sha256", "new.git")
    with pytest.raises(UnsupportedFormat, match="SHA-1 repositories only"):
        Repository(tmp_path / "new.git")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("refs/heads/main", True),
        ("refs/tags/v1.0", True),
        ("refs/heads/a/b", True),
        ("HEAD", False),
        ("refs/heads/a..b", False),
        ("refs/heads/a b", False),
        ("refs/heads/x.lock", False),
        ("refs/heads/\udcff", False),
    ],
)
def test_names_of_refs(name: str, good: bool) -> None:
    assert is_ref_name(name) is good
