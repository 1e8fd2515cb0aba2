"""Changed paths, compared with what git says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.git.diff import changed_paths
from bot.git.tree import Repository
from tests.support.git import WorkTree


def test_added_removed_changed(work: WorkTree, opened: Repository) -> None:
    old = opened.commit(work.commit({"a": "1", "b/c": "1", "b/d": "1"})).tree
    new = opened.commit(work.commit({"a": "2", "b/c": None, "e": "1"})).tree
    assert changed_paths(opened, old, new) == {"a": "~", "b/c": "-", "e": "+"}
    assert changed_paths(opened, new, old) == {"a": "~", "b/c": "+", "e": "-"}
    assert changed_paths(opened, old, old) == {}


def test_from_nothing(work: WorkTree, opened: Repository) -> None:
    tree = opened.commit(work.commit({"a": "1", "b/c": "1"})).tree
    assert changed_paths(opened, None, tree) == {"a": "+", "b/c": "+"}


def test_a_file_that_becomes_a_folder(work: WorkTree, opened: Repository) -> None:
    old = opened.commit(work.commit({"a": "1"})).tree
    work.commit({"a": None})
    new = opened.commit(work.commit({"a/b": "1"})).tree
    assert changed_paths(opened, old, new) == {"a": "-", "a/b": "+"}


def test_a_bit_is_a_change(work: WorkTree, opened: Repository) -> None:
    old = opened.commit(work.commit({"a": "1"})).tree
    (work.folder / "a").chmod(0o755)
    new = opened.commit(work.commit()).tree
    assert changed_paths(opened, old, new) == {"a": "~"}


_TREES = st.dictionaries(
    st.sampled_from(["a", "b", "d/x", "d/y", "d/e/z", "f/x"]), st.sampled_from("123"), max_size=6
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[WorkTree, Repository]:
    work = WorkTree(tmp_path_factory.mktemp("diff") / "work")
    return work, Repository(work.folder / ".git")


@given(before=_TREES, after=_TREES)
@settings(max_examples=15, deadline=None)
def test_the_same_as_git_says(
    pair: tuple[WorkTree, Repository], before: dict[str, str], after: dict[str, str]
) -> None:
    work, repository = pair
    commits = []
    for files in (before, after):
        work.git("rm", "-rfq", "--ignore-unmatch", ".")
        commits.append(work.commit(files))
    expected = {}
    names = work.git("diff", "--name-status", "--no-renames", *commits)
    for line in names.splitlines():
        mark, path = line.split("\t")
        expected[path] = {"A": "+", "D": "-", "M": "~"}[mark]
    trees = [repository.commit(commit).tree for commit in commits]
    assert changed_paths(repository, *trees) == expected
