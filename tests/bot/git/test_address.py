"""Addresses of repositories: which are taken, how they are named and shown."""

from pathlib import Path

import pytest

from bot.git.address import check_url, name_of, public
from bot.git.errors import GitError


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/o/r", "r"),
        ("https://github.com/o/r.git/", "r"),
        ("ssh://git@host:22/o/r.git", "r"),
        ("git@github.com:o/r.git", "r"),
        ("host:r", "r"),
        ("file:///srv/git/r.git", "r"),
        ("git://host/r", "r"),
    ],
)
def test_what_git_knows_is_taken(url: str, name: str) -> None:
    assert check_url(url) == url
    assert name_of(url) == name


def test_a_folder_is_taken_as_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r").mkdir()
    monkeypatch.chdir(tmp_path)
    assert check_url("r") == str(tmp_path / "r")


@pytest.mark.parametrize(
    "url", ["", "r", "ftp://x/y", "ext::sh -c id", "--upload-pack=x", "https://a\n.com", "C:\\x y"]
)
def test_anything_else_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitError, match="not the address of a repository"):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:secret@host/r", "https://u:***@host/r"),
        ("https://u@host/r", "https://u@host/r"),
        ("https://host:8080/r", "https://host:8080/r"),
        ("git@host:r", "git@host:r"),
        ("https://u:p@ss@[::1/r", "https://u:p@ss@[::1/r"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    assert public(url) == shown
