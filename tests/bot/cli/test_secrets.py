from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from bot.cli.base import CommandFailed, WrongUsage
from bot.cli.secrets import gather


class TestOnAServer:
    def test_set_list_delete(self, digbot, project):
        ran = digbot("secrets", "--project", project, "--set", "b=1", "a.c=2")

        assert ran.ok() == ""
        assert ran.err == "Secret 'b' set\nSecret 'a.c' set\n"
        assert digbot("secrets", "--project", project).ok() == "a.c\nb\n"
        assert digbot("secrets", "--project", project, "--delete", "b").err == (
            "Secret 'b' deleted\n"
        )
        assert digbot("secret", "--project", project).ok() == "a.c\n"

    def test_of_nobody(self, digbot, server):
        assert digbot("secrets", "--project", "nobody").code == 1


class TestLocal:
    def test_are_files_that_only_the_user_reads(self, digbot, tmp_path):
        digbot("secrets", "--local", "--set", "a.b=s3cret").ok()

        path = tmp_path / "config" / "digbot" / "secrets" / "a.b"
        assert path.read_text() == "s3cret"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert digbot("secrets", "--local").ok() == "a.b\n"
        digbot("secrets", "--local", "--set", "a.b=new").ok()
        assert path.read_text() == "new"

    def test_digdags_are_listed_and_deleted_too(self, digbot, tmp_path):
        folder = tmp_path / "config" / "digdag" / "secrets"
        folder.mkdir(parents=True)
        (folder / "old").write_text("x\n")
        (folder / ".part").write_text("x")

        assert digbot("secrets", "--local").ok() == "old\n"
        digbot("secrets", "--local", "--delete", "old").ok()
        assert not (folder / "old").exists()


class TestValues:
    def test_forms(self, tmp_path, monkeypatch):
        (tmp_path / "value").write_text("from a file\n")
        (tmp_path / "many.yml").write_text("x: 1\ny: {z: [1]}\n")
        monkeypatch.setattr("sys.stdin", io.StringIO("from stdin\n"))
        monkeypatch.setattr("getpass.getpass", lambda prompt: f"asked {prompt}")

        assert gather(
            ["a=1", "b=", f"c=@{tmp_path}/value", "d=-", "e", f"@{tmp_path}/many.yml"]
        ) == {
            "a": "1",
            "b": "",
            "c": "from a file\n",
            "d": "from stdin\n",
            "e": "asked e: ",
            "x": "1",
            "y": '{"z": [1]}',
        }

    def test_many_from_stdin(self, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO('{"a": "1"}'))

        assert gather(["@-"]) == {"a": "1"}

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["a=1", "a=2"], "Duplicate --set secret key: 'a'"),
            (["1a=1"], "Invalid secret key: 1a"),
            (["a=-", "b=-"], "Can only read once from stdin"),
        ],
    )
    def test_mistakes(self, monkeypatch, arguments, said):
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        with pytest.raises(WrongUsage, match=said):
            gather(arguments)

    def test_too_long(self):
        with pytest.raises(CommandFailed, match="Invalid secret value for key: a"):
            gather(["a=" + "x" * 16385])

    def test_a_file_that_is_not_there(self, digbot):
        ran = digbot("secrets", "--local", "--set", "a=@absent")

        assert ran.code == 1
        assert "absent" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Please specify either --project or --local"),
        (["--local", "--set", "a=1", "--delete", "b"], "only one of --set or --delete"),
        (["--local", "--delete", "1b"], "Invalid secret key: 1b"),
    ],
)
def test_mistakes(digbot, words, said):
    ran = digbot("secrets", *words)

    assert ran.code == 2
    assert said in ran.err
    assert not Path("config").exists()
