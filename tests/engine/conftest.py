"""One suite for both databases: a new one is finished when it passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.store import tables
from engine.store.database import Database
from tests.support.postgres import PostgresServer
from tests.support.store import Shop

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database that has no tables yet, of either kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return request.getfixturevalue(name)


@pytest.fixture(scope="session", params=BOTH)
def _shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One of each kind for all tests: emptying it is much quicker than making it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store')}/digbot.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.new_database()
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def database(_shared: Database) -> Iterator[Database]:
    """An empty database, of either kind. Ids do not begin at 1."""
    yield _shared
    empty(_shared)


def empty(database: Database) -> None:
    with database.transaction() as tx:
        for table in reversed(tables.metadata.sorted_tables):
            tx.execute(table.delete())


@pytest.fixture
def shop(database: Database) -> Shop:
    """A project with a revision of two workflows, in a database of either kind."""
    return Shop.build(database)
