from __future__ import annotations

import pytest

from engine.errors import ConfigError
from webhooks.auth import Credentials
from webhooks.settings import ServerSettings, read


def test_defaults():
    found = read({})

    assert found == ServerSettings()
    assert (found.bind, found.port, found.grace) == ("127.0.0.1", 65432, 30.0)


def test_what_is_set():
    found = read(
        {
            "server.bind": "0.0.0.0",
            "server.port": "0",
            "server.stop-grace": "5",
            "server.http.headers.X-A": "1",
            "api.max_sessions_page_size": "10",
            "something.else": "x",
        }
    )

    assert (found.bind, found.port, found.grace) == ("0.0.0.0", 0, 5.0)
    assert found.headers == {"X-A": "1"}
    assert found.api.max_sessions_page_size == 10


@pytest.mark.parametrize("prefix", ["server.authenticator.basic", "basicauth"])
def test_credentials(prefix):
    config = {f"{prefix}.username": "dana", f"{prefix}.password": "x", f"{prefix}.admin": "true"}

    assert read(config).credentials == Credentials("dana", "x", admin=True)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"server.port": "http"}, r"server\.port: expected a whole number"),
        ({"server.port": "70000"}, r"server\.port: expected a number from 0 to 65535"),
        ({"server.stop-grace": "-1"}, r"server\.stop-grace"),
        ({"server.authenticator.type": "jwt"}, "expected basic"),
        ({"server.authenticator.basic.username": "dana"}, "password is missing"),
        ({"basicauth.password": "x"}, "username is missing"),
    ],
)
def test_what_cannot_be_used_is_named(config, word):
    with pytest.raises(ConfigError, match=word):
        read(config)
