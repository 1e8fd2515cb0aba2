from __future__ import annotations

from pathlib import Path

import pytest

from bot.client.config import folders, load, parse
from engine.errors import ConfigError


class TestProperties:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a = 1", {"a": "1"}),
            ("a=1\nb: 2\nc 3", {"a": "1", "b": "2", "c": "3"}),
            ("a.b.c=x=y", {"a.b.c": "x=y"}),
            ("# no\n! neither\n\n a =  1 ", {"a": "1 "}),
            ("a = one\\\n    two", {"a": "onetwo"}),
            ("a\\ b\\=c = d", {"a b=c": "d"}),
            ("a = \\t\\n\\u0041\\x", {"a": "\t\nAx"}),
            ("a", {"a": ""}),
            ("a = 1\na = 2", {"a": "2"}),
            ("a = c:\\\\dir", {"a": "c:\\dir"}),
            ("", {}),
        ],
    )
    def test_as_java_reads_them(self, text, expected):
        assert parse(text) == expected

    def test_a_broken_escape_is_named(self):
        with pytest.raises(ConfigError, match=r"\\u12x"):
            parse("a = \\u12x")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    for program in ("digbot", "digdag"):
        (tmp_path / program).mkdir()
    return {"XDG_CONFIG_HOME": str(tmp_path)}


class TestSources:
    def test_digbots_file_wins_over_digdags(self, environ, tmp_path):
        (tmp_path / "digdag" / "config").write_text("a = digdag\nb = digdag")
        (tmp_path / "digbot" / "config").write_text("a = digbot")

        assert load(None, environ=environ) == {"a": "digbot", "b": "digdag"}

    def test_later_sources_win(self, environ, tmp_path):
        (tmp_path / "digbot" / "config").write_text("a = file\nb = file\nc = file\nd = file")
        environ |= {"DIGDAG_CONFIG": "b = text\nc = text\nd = text"}
        chosen = tmp_path / "chosen"
        chosen.write_text("d = chosen")

        assert load(None, ["c=option", "d=option"], environ) == {
            "a": "file",
            "b": "text",
            "c": "option",
            "d": "option",
        }
        assert load(str(chosen), ["c=option", "d=option"], environ) == {
            "b": "text",
            "c": "option",
            "d": "chosen",
        }

    def test_folders_of_their_own(self, tmp_path):
        environ = {"DIGBOT_CONFIG_HOME": "/one", "DIGDAG_CONFIG_HOME": "/two"}

        assert folders(environ) == [Path("/one"), Path("/two")]

    def test_a_chosen_file_must_be_there(self, environ, tmp_path):
        with pytest.raises(ConfigError, match=r"Cannot read the configuration .*absent"):
            load(str(tmp_path / "absent"), environ=environ)

    def test_an_option_needs_a_value(self, environ):
        with pytest.raises(ConfigError, match=r"key=value but got: server\.port"):
            load(None, ["server.port"], environ)
