from __future__ import annotations

import pytest

from bot.cli.base import CommandFailed
from bot.cli.folder import pack, workflow_files
from engine.files.archive import read


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.dig").write_text("+a:\n  echo>: x\n")
    (tmp_path / ".hidden.dig").write_text("+a:\n  echo>: x\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.dig").write_text("+a:\n  echo>: x\n")
    return tmp_path


def test_workflows_are_at_the_top(folder):
    assert workflow_files(folder) == ["main.dig"]
    assert workflow_files(folder / "absent") == []


def test_equal_folders_give_equal_archives(folder):
    seen = []

    first = pack(folder, copy_outgoing=False, report=seen.append)

    assert seen == ["main.dig", "sub/other.dig"]
    assert pack(folder, copy_outgoing=False, report=lambda path: None) == first
    assert [entry.path for entry in read(first)] == seen


def test_a_link_to_itself_is_packed_as_what_it_is(folder):
    (folder / "loop").symlink_to("loop")

    packed = pack(folder, copy_outgoing=False, report=lambda _path: None)

    assert ("loop", "loop") in [(entry.path, entry.link) for entry in read(packed)]


def test_a_link_within_is_relative_to_its_place(folder):
    (folder / "sub" / "link").symlink_to(folder / "main.dig")

    (link,) = [
        entry
        for entry in read(pack(folder, copy_outgoing=False, report=lambda path: None))
        if entry.link is not None
    ]

    assert (link.path, link.link) == ("sub/link", "../main.dig")


def test_mistakes_are_shown_with_their_place(folder):
    (folder / "main.dig").write_text("+a:\n  echo>: x\n  sh>: y\n")

    with pytest.raises(CommandFailed, match=r"Validating project failed\nmain\.dig:\d+:\d+: "):
        pack(folder, copy_outgoing=False, report=lambda path: None)
