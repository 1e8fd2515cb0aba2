"""The bot's tables: what an older version stored is still there (the shapes: test_engine.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import store
from bot.events import RefUpdate
from bot.store import BRANCH
from engine.store.database import ENGINE, Database, Tx
from engine.store.migrate import upgrade
from tests.support.migrations import fill

DATA = Path(__file__).with_name("bot")


@pytest.fixture(params=["sqlite_url", pytest.param("new_postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    found: str | Callable[[], str] = request.getfixturevalue(request.param)
    return found if isinstance(found, str) else found()


def test_every_version_has_its_data() -> None:
    assert sorted(path.stem for path in DATA.glob("*.json")) == BRANCH.revisions


@pytest.mark.parametrize("revision", BRANCH.revisions)
def test_what_an_older_version_stored_is_still_there(url: str, revision: str) -> None:
    upgrade(url, [ENGINE, BRANCH], "engine@head")
    upgrade(url, [ENGINE, BRANCH], revision)
    fill(url, json.loads((DATA / f"{revision}.json").read_text()))
    database = Database.open(url, branches=[ENGINE, BRANCH])
    with database.read() as tx:
        look(tx)
    database.close()


def look(tx: Tx) -> None:
    """The story that the data files of all versions tell (see `bot/README.md`)."""
    away, shop = store.list_repositories(tx)
    assert (shop.name, shop.url, shop.failures) == ("shop", None, 0)
    assert (away.url, away.poll_seconds, away.failures) == ("https://host/away", 60, 2)
    assert away.error == "no route to host"
    assert away.next_poll_at is not None
    removed = store.repository_by_id(tx, 3)
    assert removed is not None
    assert removed.name == "old"
    assert removed.removed_at is not None
    (follow,) = store.list_follows(tx, shop.id)
    assert (follow.project_name, follow.path, follow.state) == ("etl", "pipelines/etl", "deployed")
    assert follow.settings == {"ignore": ["*.ipynb"], "schedules": True}
    assert follow.uploads
    update = RefUpdate("refs/heads/main", None, "c" * 40)
    (intent,) = store.list_intents(tx, shop.id)
    assert (intent.updates, intent.requested_by, intent.failures) == ((update,), "push", 1)
    (push,) = store.list_pushes(tx, shop.id)
    assert push.updates == (update,)
    assert push.refused == {"refs/heads/x": "fetch first"}
    assert push.report == ("etl  r1  1 workflow, 0 schedules  deployed",)
