from __future__ import annotations

import sqlite3
from contextlib import closing


def test_a_new_database(digbot, tmp_path):
    data = str(tmp_path / "data")

    assert digbot("migrate", "check", "-o", data).ok() == "No table exist\n"
    assert digbot("migrate", "run", "-o", data).ok() == "Migrations successfully finished\n"
    assert digbot("migrate", "check", "-o", data).ok() == "No update\n"
    assert digbot("migrate", "run", "-o", data).ok() == "No update\n"


def test_a_newer_database(digbot, tmp_path):
    data = tmp_path / "data"
    digbot("migrate", "run", "-o", str(data)).ok()
    with closing(sqlite3.connect(data / "digbot.db")) as database, database:
        database.execute(
            "update alembic_version set version_num = 'engine_9999' where version_num like 'engine%'"
        )

    ran = digbot("migrate", "check", "-o", str(data))

    assert ran.code == 1
    assert "newer version" in ran.err


def test_mistakes(digbot):
    assert "--database, or --config option is required" in digbot("migrate", "run").err
    assert digbot("migrate", "rum", "-o", "x").code == 2
