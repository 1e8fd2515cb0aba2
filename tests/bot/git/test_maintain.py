"""Many packs become one, and readers of the old ones are given time."""

import time
from pathlib import Path

import pytest

from bot.git import maintain as module
from bot.git.maintain import GRACE, maintain
from bot.git.tree import Repository
from tests.support.git import WorkTree, git


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PACKS", 3)


@pytest.fixture
def bare(tmp_path: Path) -> Repository:
    return Repository.create(tmp_path / "bare.git")


def add(bare: Repository, work: WorkTree, count: int) -> str:
    """So many packs, as so many pushes bring them; the last commit."""
    for _ in range(count):
        head = work.commit({"a": str(time.monotonic_ns())})
        pack = str(bare.path / "objects/pack/pack")
        git(work.folder, "pack-objects", "-q", "--revs", pack, stdin=b"HEAD^!\n")
    return head


def packs(bare: Repository) -> set[str]:
    return {path.stem for path in (bare.path / "objects/pack").glob("pack-*.pack")}


def test_few_packs_stay(bare: Repository, work: WorkTree) -> None:
    add(bare, work, 3)
    before = packs(bare)
    assert not maintain(bare.path)
    assert packs(bare) == before


def test_many_become_one(bare: Repository, work: WorkTree) -> None:
    head = add(bare, work, 5)
    before = packs(bare)
    assert maintain(bare.path)
    (new,) = packs(bare) - before
    assert not maintain(bare.path)  # the old ones may be read still
    assert before < packs(bare)
    later = add(bare, work, 1)
    assert maintain(bare.path, now=time.time() + GRACE + 1)
    assert new in packs(bare)
    assert len(packs(bare)) == 2
    repository = Repository(bare.path)
    assert [repository.commit(commit).id for commit in (head, later)] == [head, later]
    git(bare.path, "update-ref", "refs/heads/main", later)
    assert git(bare.path, "fsck", "--full", "--strict") == ""
    assert not maintain(bare.path)


def test_a_crash_in_between_loses_nothing(
    bare: Repository, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = add(bare, work, 5)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            maintain(bare.path)
    assert maintain(bare.path)
    assert maintain(bare.path, now=time.time() + GRACE + 1)
    assert len(packs(bare)) == 1
    assert Repository(bare.path).commit(head).id == head
