"""What tests of every folder may ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from engine.clock import ManualClock
from tests.support.postgres import PostgresServer, installed

if TYPE_CHECKING:  # most tests need no database, and must not pay for its import
    from engine.store.database import Database
    from tests.support.remote_server import Remote


# A busy machine is slow at times; that is no finding.
settings.register_profile("digbot", deadline=None)
settings.load_profile("digbot")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's home folder and git settings neither help nor suffer."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("XDG_", "GIT_", "DIGBOT_"))]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        yield


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still at a Friday's noon, until a test moves it."""
    return ManualClock(datetime(2026, 1, 2, 12, tzinfo=UTC))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path}/data/digbot.db"


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An empty SQLite database. In `tests/engine` this is each of the two in turn."""
    from engine.store.database import Database

    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Skips at the desk where PostgreSQL is not installed, fails in CI."""
    programs = installed()
    if programs is None:
        reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def new_postgres(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Call it for the address of an empty PostgreSQL database."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres_server.new_database())
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop_database(url)


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str]) -> str:
    """The address of an empty PostgreSQL database."""
    return new_postgres()


@pytest.fixture
def remote(tmp_path: Path, clock: ManualClock) -> Iterator[Remote]:
    """A bot with a real engine, whose remote answers over HTTP."""
    from tests.support.remote_server import Remote, served

    made = Remote(tmp_path / "data", clock)
    with served(made):
        yield made
    made.close()
