from __future__ import annotations

import argparse
import io
import tarfile
from pathlib import Path

import pytest

from bot.cli.push import schedule_from
from bot.client.http import Connection, endpoint
from tests.support.cli import field

HELLO = "+a:\n  echo>: hello\n"


def stored(url: str, project_id: str) -> dict[str, tarfile.TarInfo]:
    """The files of a project as the server keeps them."""
    connection = Connection(endpoint(url), environ={})
    data = connection.ask("GET", f"/api/projects/{project_id}/archive").body
    connection.close()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: member for member in tar}


def test_uploads_the_folder(digbot, server, name):
    Path("main.dig").write_text(HELLO)
    Path("sub").mkdir()
    Path("sub/run.sh").write_text("#!/bin/sh\n")
    Path("sub/run.sh").chmod(0o755)
    Path(".hidden").write_text("x")
    Path("ignored.txt").write_text("x")
    Path(".digdagignore").write_text("*.txt\n")
    Path("link").symlink_to("sub/run.sh")
    Path("folder").symlink_to("sub")

    out = digbot("push", name, "-r", "v1").ok()

    assert "  Archiving main.dig\n" in out
    assert "Workflows:\n  main.dig\nUploaded:\n  id: " in out
    assert out.endswith("Use `digbot workflows` to show all workflows.\n")
    assert field(out, "revision") == "v1"
    assert field(out, "project created at").endswith("Z")
    files = stored(server, field(out, "id"))
    assert sorted(files) == ["folder", "link", "main.dig", "sub/run.sh"]
    assert files["sub/run.sh"].mode & 0o111
    assert (files["link"].linkname, files["folder"].linkname) == ("sub/run.sh", "sub")


def test_the_name_of_the_folder(digbot, server, name):
    Path(name).mkdir()
    Path(name, "main.dig").write_text(HELLO)

    assert field(digbot("push", ".", "--project", name).ok(), "name") == name


def test_a_folder_of_that_name(digbot, server, name):
    Path(name).mkdir()
    Path(name, "main.dig").write_text(HELLO)

    assert "Archiving main.dig" in digbot("push", name).ok()


def test_without_workflows(digbot, server, name):
    out = digbot("push", name).ok()

    assert "WARNING: This project doesn't include workflows." in out


class TestLinksThatLeadOut:
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path):
        (tmp_path / "outside.txt").write_text("from outside")

    def test_are_refused(self, digbot, server, name):
        Path("main.dig").write_text(HELLO)
        Path("link.txt").symlink_to("../outside.txt")

        ran = digbot("push", name)

        assert ran.code == 1
        assert "Invalid symbolic link: Given path" in ran.err
        assert "--copy-outgoing-symlinks" in ran.err

    def test_or_copied(self, digbot, server, name):
        Path("main.dig").write_text(HELLO)
        Path("link.txt").symlink_to("../outside.txt")

        out = digbot("push", name, "--copy-outgoing-symlinks").ok()

        assert stored(server, field(out, "id"))["link.txt"].isreg()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["p", "--project", "absent"], 1, "Project directory 'absent' does not exist"),
        ([""], 2, "project name cannot be empty"),
        (["p", "-r", ""], 2, "revision cannot be empty"),
        (["p", "--schedule-from", "soon"], 2, "current local time is"),
        ([], 2, "PROJECT"),
    ],
)
def test_mistakes(digbot, words, code, said):
    ran = digbot("push", *words)

    assert ran.code == code
    assert said in ran.err


def test_broken_files_stay_here(digbot, name):
    Path("main.dig").write_text("+a: {\n")

    ran = digbot("push", name, "-e", "127.0.0.1:1")

    assert ran.code == 1
    assert "main.dig:" in ran.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02 03:04:05 +0900", "2024-01-01T18:04:05Z"),
        ("1704067200", "2024-01-01T00:00:00Z"),
    ],
)
def test_times(text, expected):
    assert schedule_from(text) == expected


@pytest.mark.parametrize("text", ["2024-01-02", "99999999999999999999", ""])
def test_what_is_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError):
        schedule_from(text)
