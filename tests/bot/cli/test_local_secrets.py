from __future__ import annotations

import pytest

from bot.cli.local_secrets import LocalSecrets, read_td
from engine.errors import ConfigError

TD = """
# of the td command
[account]
  user = me@example.com
  apikey = 1/abc
  usessl=false
[other]
  apikey = no
"""


@pytest.fixture
def environ(tmp_path):
    for program in ("digbot", "digdag"):
        (tmp_path / program / "secrets").mkdir(parents=True)
    (tmp_path / "td.conf").write_text(TD)
    return {"XDG_CONFIG_HOME": str(tmp_path), "TD_CONFIG_PATH": str(tmp_path / "td.conf")}


def test_order(environ, tmp_path):
    (tmp_path / "digdag" / "secrets" / "a").write_text("digdag\n")
    (tmp_path / "digdag" / "secrets" / "b").write_text("digdag\r\n")
    (tmp_path / "digbot" / "secrets" / "a").write_text("digbot\n\n")
    (tmp_path / "digbot" / "secrets" / "c").write_text("file")
    secrets = LocalSecrets({"secrets.c": "setting", "secrets.td.apikey": "setting"}, environ)

    found = {key: secrets(1, key) for key in ("a", "b", "c", "td.apikey", "none", "../td.conf")}

    assert found == {
        "a": "digbot\n",
        "b": "digdag",
        "c": "setting",
        "td.apikey": "1/abc",
        "none": None,
        "../td.conf": None,
    }


def test_the_td_command():
    assert read_td(TD) == {"td.apikey": "1/abc", "td.use_ssl": "false"}


def test_what_is_no_text(environ, tmp_path):
    (tmp_path / "digbot" / "secrets" / "a").write_bytes(b"\xff")

    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        LocalSecrets({}, environ)(1, "a")
