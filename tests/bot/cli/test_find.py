from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.base import CommandFailed
from bot.cli.find import find, the_workflow


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("main.dig", "other.dig", "etl/etl.dig", "etl/more.dig", "one/single.dig"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text("+a:\n  echo>: x\n")
    Path("empty").mkdir()


@pytest.mark.parametrize(
    ("project", "word", "expected"),
    [
        (None, None, (".", None)),
        (None, "main", (".", "main")),
        (None, "main.dig", (".", "main")),
        ("etl", "more", ("etl", "more")),
        (None, "etl", ("etl", "etl")),
        (None, "one", ("one", None)),
        (None, ".", (".", None)),
    ],
)
def test_what_a_word_means(project, word, expected):
    folder, name = find(project, word)

    assert (str(folder), name) == expected


@pytest.mark.parametrize(
    ("project", "word", "said"),
    [
        (
            None,
            "mian",
            r"does not exist in current directory\. You may need .*\(did you mean 'main",
        ),
        (None, "etl/x", r'You may need to type "cd etl" first, or set "--project etl" option'),
        ("etl", "x", r"Workflow 'x' does not exist in project directory 'etl'\."),
        (None, "empty", "Workflow 'empty' does not exist"),
        ("absent", "x", "Project directory 'absent' does not exist"),
    ],
)
def test_what_means_nothing(project, word, said):
    with pytest.raises(CommandFailed, match=said):
        find(project, word)


def test_the_only_workflow():
    assert the_workflow(Path("one"), None) == "single"
    assert the_workflow(Path("etl"), "more") == "more"
    with pytest.raises(CommandFailed, match="has several workflows; name one: etl, more"):
        the_workflow(Path("etl"), None)
    with pytest.raises(CommandFailed, match="There is no workflow"):
        the_workflow(Path("empty"), None)
