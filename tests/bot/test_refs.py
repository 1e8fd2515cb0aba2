"""Updates that a repository cannot take, whatever is in the commits."""

import pytest

from bot.events import RefUpdate
from bot.git.tree import Repository
from bot.refs import check, choose_default_branch
from tests.support.git import WorkTree

MAIN = "refs/heads/main"


@pytest.fixture
def head(work: WorkTree) -> str:
    return work.commit({"a": "1"})


def reason(opened: Repository, update: RefUpdate, refs: dict[str, str]) -> str | None:
    return check(opened, refs, [update], MAIN).get(update.ref)


def test_good_updates(opened: Repository, head: str) -> None:
    refs = {MAIN: head, "refs/heads/old": head}
    updates = [
        RefUpdate("refs/heads/new", None, head),
        RefUpdate("refs/heads/old", head, None),
        RefUpdate("refs/tags/v1", None, head),
        RefUpdate("refs/heads/old/er", None, head),
    ]
    assert check(opened, refs, updates, MAIN) == {}


def test_a_ref_that_moved_meanwhile(opened: Repository, head: str) -> None:
    assert reason(opened, RefUpdate(MAIN, None, head), {MAIN: head}) == "fetch first"
    assert reason(opened, RefUpdate("refs/heads/x", head, None), {}) == "fetch first"


def test_the_default_branch_stays(opened: Repository, head: str) -> None:
    assert reason(opened, RefUpdate(MAIN, head, None), {MAIN: head}) == (
        "digbot: this is the default branch"
    )


def test_names_that_no_ref_can_have(opened: Repository, head: str) -> None:
    assert reason(opened, RefUpdate("HEAD", None, head), {}) == (
        "digbot: not a name that a ref can have"
    )


def test_names_in_the_way(opened: Repository, head: str) -> None:
    assert reason(opened, RefUpdate(f"{MAIN}/x", None, head), {MAIN: head}) == (
        "digbot: refs/heads/main is in the way"
    )
    assert reason(opened, RefUpdate("refs/heads/a", None, head), {"refs/heads/a/b": head}) == (
        "digbot: refs/heads/a/b is in the way"
    )


def test_a_branch_is_a_commit(work: WorkTree, opened: Repository, head: str) -> None:
    tree = opened.commit(head).tree
    work.git("tag", "-a", "v1", "-m", "one")
    tag = opened.refs()["refs/tags/v1"]
    update = RefUpdate("refs/heads/x", None, tree)
    assert reason(opened, update, {}) == f"digbot: {tree[:12]} is a tree, not a commit"
    assert reason(opened, RefUpdate("refs/heads/x", None, tag), {}) == "digbot: not a commit"
    assert reason(opened, RefUpdate("refs/heads/x", None, "1" * 40), {}) == (
        "digbot: 111111111111 is not in the repository"
    )


def test_a_tag_may_be_anything_that_is_there(opened: Repository, head: str) -> None:
    tree = opened.commit(head).tree
    assert reason(opened, RefUpdate("refs/tags/x", None, tree), {}) is None
    assert reason(opened, RefUpdate("refs/tags/x", None, "1" * 40), {}) == (
        "digbot: no such object"
    )


@pytest.mark.parametrize(
    ("refs", "pushed", "expected"),
    [
        ([], ["a", "b"], "a"),
        ([], ["dev", "main"], "main"),
        ([], ["dev", "master"], "master"),
        (["x"], ["main"], "unborn"),
        ([], [], "unborn"),
    ],
)
def test_the_first_branch_pushed_is_the_default(
    refs: list[str], pushed: list[str], expected: str
) -> None:
    before = {f"refs/heads/{name}": "1" for name in refs} | {"refs/tags/t": "1"}
    updates = [RefUpdate(f"refs/heads/{name}", None, "1") for name in pushed]
    updates.append(RefUpdate("refs/heads/zz", "1", None))
    assert choose_default_branch(before, updates, "refs/heads/unborn") == f"refs/heads/{expected}"
