"""Repositories, and a bot to push them to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.git.tree import Repository
from tests.support.git import WorkTree
from tests.support.remote_server import Remote


@pytest.fixture
def work(tmp_path: Path) -> WorkTree:
    """A work tree with no commit yet."""
    return WorkTree(tmp_path / "work")


@pytest.fixture
def opened(work: WorkTree) -> Repository:
    """The repository of the work tree; it sees commits that are made later."""
    return Repository(work.folder / ".git")


@pytest.fixture
def shop(work: WorkTree, remote: Remote) -> WorkTree:
    """A work tree whose `origin` is the repository `shop` of the bot."""
    work.git("remote", "add", "origin", f"{remote.url}/shop.git")
    return work
