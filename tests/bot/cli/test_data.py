from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.data import data_folder, database_url
from engine.errors import ConfigError

SERVER = {
    "database.type": "postgresql",
    "database.host": "db",
    "database.database": "dig bot",
    "database.user": "me@x",
}


def test_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert data_folder("/a", {"database.path": "/b"}) == Path("/a")
    assert data_folder(None, {"database.path": "/b"}) == Path("/b")
    assert data_folder("x", {}) == Path.cwd() / "x"
    assert data_folder(None, {}) == tmp_path / "digbot"


@pytest.mark.parametrize("kind", [{}, {"database.type": "h2"}, {"database.type": "sqlite"}])
def test_a_file_of_its_own(kind):
    assert database_url(Path("/data"), kind) == "sqlite:////data/digbot.db"


def test_a_server():
    more = {"database.password": "p@ss/word", "database.port": "99", "database.sslmode": "require"}

    assert database_url(Path("/d"), SERVER) == "postgresql://me%40x@db:5432/dig%20bot"
    assert database_url(Path("/d"), SERVER | more) == (
        "postgresql://me%40x:p%40ss%2Fword@db:99/dig%20bot?sslmode=require"
    )


@pytest.mark.parametrize("missing", ["database.host", "database.database", "database.user"])
def test_what_is_missing_is_named(missing):
    config = {key: value for key, value in SERVER.items() if key != missing}

    with pytest.raises(ConfigError, match=f"{missing} is required"):
        database_url(Path("/d"), config)


def test_another_kind():
    with pytest.raises(ConfigError, match="expected h2, sqlite, postgresql but got 'oracle'"):
        database_url(Path("/d"), {"database.type": "oracle"})
