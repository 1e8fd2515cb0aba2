from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import pytest

from bot.cli.repository import _seconds
from tests.support.cli import field


@pytest.fixture
def origin(tmp_path, name) -> Path:
    path = tmp_path / f"repo-{name}"
    (path / name).mkdir(parents=True)
    (path / name / "main.dig").write_text("+a:\n  echo>: one\n")
    for words in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        person = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"]
        subprocess.run(["git", *person, *words], cwd=path, check=True, capture_output=True)
    return path


def test_add_list_sync_remove(digbot, server, origin, name):
    added = digbot("repository", "add", f"file://{origin}", "--poll", "1h").ok()

    assert "deployed" in added
    assert field(added, "name") == f"repo-{name}"
    assert field(added, "projects") == name
    assert f"url: file://{origin}\n" in digbot("repository", "list").ok()
    assert digbot("repository", "sync", f"repo-{name}").code == 0
    removed = digbot("repository", "remove", f"repo-{name}")
    assert removed.code == 0
    assert "its projects stay" in removed.err
    assert f"repo-{name}" not in digbot("repository", "list").ok()
    assert digbot("projects", name).code == 0


def test_one_with_a_mistake(digbot, server, origin, name):
    (origin / name / "main.dig").write_text("+a:\n  eco>: one\n")
    subprocess.run(
        ["git", "-c", "user.name=D", "-c", "user.email=d@x", "commit", "-qam", "2"],
        cwd=origin,
        check=True,
    )

    added = digbot("repository", "add", f"file://{origin}")

    assert added.code == 1
    assert field(added.out, "refused") == name
    assert f"refused: {name}\n" in digbot("repository", "list").ok()
    digbot("repository", "remove", f"repo-{name}").ok()


def test_one_that_cannot_be_fetched(digbot, server, tmp_path, name):
    ran = digbot("repository", "add", f"file://{tmp_path}/absent", "--name", name)

    assert ran.code == 1
    assert "last error: " in ran.out
    digbot("repository", "remove", name).ok()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ad", "x"], "unknown value: ad (did you mean 'add'?)"),
        (["add"], "repository add needs a URL"),
        (["sync"], "repository sync needs a NAME"),
        (["add", "x", "--poll", "often"], "expected a time such as 60s, 5m or 1h, but got often"),
    ],
)
def test_mistakes(digbot, server, words, said):
    ran = digbot("repository", *words)

    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("text", "expected"), [("60s", 60), ("5m", 300), ("1h", 3600), ("1d", 86400), ("7", 7)]
)
def test_times(text, expected):
    assert _seconds(text) == expected


@pytest.mark.parametrize("text", ["0", "-1s", "1w", ""])
def test_what_is_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError):
        _seconds(text)
