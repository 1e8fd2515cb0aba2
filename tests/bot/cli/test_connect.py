from __future__ import annotations

from contextlib import ExitStack

import pytest

from bot.cli.base import Parser, WrongUsage, add_common
from bot.cli.connect import add_client, connect, number


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Where a command line would connect to, and with which headers."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def connected(*words: str):
        parser = Parser("x", "")
        add_client(parser)
        add_common(parser)
        options = parser.parse(words)
        with ExitStack() as options.cleanup:
            connection = connect(options).connection
            return connection.server.url, connection._headers

    return connected


def test_endpoint_of_option_setting_environment_or_default(ask, monkeypatch, tmp_path):
    assert ask()[0] == "http://127.0.0.1:65432"
    monkeypatch.setenv("DIGBOT_ENDPOINT", "http://environment")
    assert ask()[0] == "http://environment:80"
    (tmp_path / "digdag").mkdir()
    (tmp_path / "digdag" / "config").write_text("client.http.endpoint = setting:1")
    assert ask()[0] == "http://setting:1"
    assert ask("-e", "option:2")[0] == "http://option:2"


def test_headers(ask, monkeypatch):
    words = ["-X", "client.http.headers.A=1", "-X", "client.http.headers.B=1", "-H", "B=2"]

    headers = ask(*words, "--basic-auth", "user:pass")[1]

    assert (headers["A"], headers["B"]) == ("1", "2")
    assert headers["Authorization"] == "Basic dXNlcjpwYXNz"
    monkeypatch.setenv("DIGBOT_BASIC_AUTH", "user:pass")
    assert ask()[1]["Authorization"] == "Basic dXNlcjpwYXNz"


def test_mistakes(ask):
    with pytest.raises(WrongUsage, match="KEY=VALUE but got: A"):
        ask("-H", "A")
    for text in ("x", "-1", "1.5", "", "١"):
        with pytest.raises(WrongUsage, match="For input string"):
            number(text)
    assert number("12") == "12"
