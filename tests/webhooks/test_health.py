from __future__ import annotations

from importlib.metadata import version


def test_it_works(api):
    assert api.get("/health") == {
        "status": "ok",
        "version": version("digbot"),
        "runningAttempts": 0,
    }
    api.start(api.upload())
    assert api.get("/health")["runningAttempts"] == 1


def test_a_database_that_cannot_be_read(api):
    api.parts.database.close()
    (api.parts.engine.data_dir / "digbot.db").unlink()
    (api.parts.engine.data_dir / "digbot.db").mkdir()

    assert api.refused("GET", "/health")[0] == 503
