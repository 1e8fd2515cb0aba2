"""Mirrors of real repositories: over files, and over HTTP from git's own server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.git.errors import FetchFailed, UnsupportedFormat
from bot.git.mirror import fetch
from bot.git.tree import Repository
from tests.support.git import WorkTree, git
from tests.support.http_backend import Backend


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """git's own HTTP server over the temporary folder."""
    server = Backend(tmp_path)
    yield server
    server.close()


def test_branches_and_tags_with_their_objects(tmp_path: Path, work: WorkTree) -> None:
    first = work.commit({"a": "1"})
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("branch", "side")
    second = work.commit({"a": "2"})
    work.git("update-ref", "refs/pull/1/head", first)
    remote = fetch(str(work.folder), tmp_path / "copy.git")
    assert remote.default_branch == "refs/heads/main"
    assert set(remote.refs) == {"refs/heads/main", "refs/heads/side", "refs/tags/v1"}
    copy = Repository(tmp_path / "copy.git")
    assert copy.refs() == {}
    assert copy.commit(second).parents == (first,)
    assert copy.commit(remote.refs["refs/tags/v1"]).id == first


def test_again_brings_what_is_new(tmp_path: Path, work: WorkTree, backend: Backend) -> None:
    work.commit({"a": "1"})
    url = f"{backend.url}/work/.git"
    fetch(url, tmp_path / "copy.git")
    new = work.commit({"a": "2"})
    assert fetch(url, tmp_path / "copy.git").refs["refs/heads/main"] == new
    assert Repository(tmp_path / "copy.git").commit(new).subject == "Change"
    assert fetch(url, tmp_path / "copy.git").refs["refs/heads/main"] == new


def test_another_default_branch(tmp_path: Path, backend: Backend) -> None:
    work = WorkTree(tmp_path / "trunk", branch="trunk")
    work.commit({"a": "1"})
    work.git("branch", "main")
    for url in (str(work.folder), f"file://{work.folder}", f"{backend.url}/trunk/.git"):
        assert fetch(url, tmp_path / "copy.git").default_branch == "refs/heads/trunk"


def test_an_empty_repository(tmp_path: Path, work: WorkTree, backend: Backend) -> None:
    for url in (str(work.folder), f"{backend.url}/work/.git"):
        assert fetch(url, tmp_path / "copy.git").refs == {}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("{folder}/nothing", "there is no git repository"),
        ("{backend}/nothing", "there is no git repository"),
        ("http://127.0.0.1:1/x", r"Failed to establish a new connection: .*Connection refused"),
    ],
)
def test_failures_are_sentences(tmp_path: Path, backend: Backend, url: str, reason: str) -> None:
    address = url.format(folder=tmp_path, backend=backend.url)
    with pytest.raises(FetchFailed, match=f"^{address} cannot be fetched: {reason}$"):
        fetch(address, tmp_path / "copy.git")


def test_no_password_in_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as caught:
        fetch("http://me:secret@127.0.0.1:1/x", tmp_path / "copy.git")
    assert "secret" not in str(caught.value)
    assert "me:***@127.0.0.1" in str(caught.value)


def test_sha256_is_refused_clearly(tmp_path: Path, backend: Backend) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", "new")
    new = WorkTree(tmp_path / "new", init=False)
    new.commit({"a": "1"})
    for url in (str(new.folder), f"{backend.url}/new/.git"):
        with pytest.raises((UnsupportedFormat, FetchFailed), match=r"SHA-1|sha256|SHA256"):
            fetch(url, tmp_path / "copy.git")


def test_the_users_settings_are_heard(
    tmp_path: Path, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.commit({"a": "1"})
    home = Path(os.environ["HOME"])
    config = home / "settings"
    config.write_text(f'[url "{work.folder.parent}/"]\n\tinsteadOf = "near:"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert "refs/heads/main" in fetch("near:work", tmp_path / "copy.git").refs


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called ssh that runs the command here; what it was called with is in the file."""
    called = tmp_path / "called"
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {called}\nfor last; do :; done\nexec sh -c "$last"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return called


def test_over_ssh_without_questions(tmp_path: Path, work: WorkTree, ssh: Path) -> None:
    head = work.commit({"a": "1"})
    for url in (f"ssh://git@host:2222{work.folder}/.git", f"git@host:{work.folder}/.git"):
        assert fetch(url, tmp_path / "copy.git").refs == {"refs/heads/main": head}
    first, second = ssh.read_text().splitlines()
    assert first.startswith("-o BatchMode=yes -o ConnectTimeout=30")
    assert "-p 2222" in first
    assert "git@host git-upload-pack" in second


def test_the_users_ssh_command_wins(
    tmp_path: Path, work: WorkTree, ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.commit({"a": "1"})
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -i mine")
    fetch(f"git@host:{work.folder}/.git", tmp_path / "copy.git")
    assert ssh.read_text().startswith("-i mine ")
