"""Opening a database: empty, ours, older, newer, another's, or no database at all."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from engine.errors import DatabaseTooNew, EngineError
from engine.store import definitions, projects, tables
from engine.store.database import ENGINE, Database
from engine.store.versions import Branch
from tests.support.branch import Toys
from tests.support.store import Shop


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toys:
    return Toys(tmp_path, monkeypatch)


def run(url: str, *statements: str, branches: tuple[Branch, ...] = (ENGINE,)) -> None:
    database = Database.open(url, branches=branches)
    with database.transaction() as tx:
        for statement in statements:
            tx.execute(text(statement))
    database.close()


def versions(database: Database) -> set[str]:
    with database.read() as tx:
        return set(tx.execute(text("SELECT version_num FROM alembic_version")).scalars())


def test_an_empty_database_gets_all_tables_at_the_newest_version(url: str) -> None:
    database = Database.open(url)
    with database.read() as tx:
        found = set(inspect(tx.connection).get_table_names())
    assert found == {*tables.metadata.tables, "alembic_version"}
    assert versions(database) == {ENGINE.revisions[-1]}
    database.close()


def test_what_was_stored_is_there_when_it_is_opened_again(url: str) -> None:
    database = Database.open(url)
    shop = Shop.build(database)
    database.close()
    again = Database.open(url)
    with again.read() as tx:
        assert projects.project(tx, shop.project.id) == shop.project
        assert definitions.definition(tx, shop.etl.id) == shop.etl
    again.close()


def test_a_branch_joins_a_database_that_is_in_use(url: str, toys: Toys) -> None:
    shop = Shop.build(Database.open(url))
    shop.database.close()
    database = Database.open(url, branches=[ENGINE, toys.branch])
    assert versions(database) == {ENGINE.revisions[-1], "toys_0001"}
    with database.transaction() as tx:
        assert projects.find_project(tx, "shop") == shop.project
        tx.execute(text("INSERT INTO boxes VALUES (1)"))
    database.close()
    Database.open(url).close()  # who knows nothing of the branch is not disturbed by it


def test_servers_that_start_together_make_the_tables_once(url: str) -> None:
    failures: list[Exception] = []
    ready = threading.Barrier(3)

    def start() -> None:
        ready.wait()
        try:
            Database.open(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_newer_database_is_refused(url: str) -> None:
    run(url, "UPDATE alembic_version SET version_num = 'engine_9999'")
    with pytest.raises(DatabaseTooNew) as caught:
        Database.open(url)
    assert str(caught.value) == (
        "The database was made by a newer version of digbot: its tables are at version "
        f"engine_9999, this program knows up to {ENGINE.revisions[-1]}. Install the newer digbot."
    )


def test_an_older_database_is_refused_when_it_must_not_be_migrated(url: str, toys: Toys) -> None:
    run(url, branches=(toys.branch,))
    with pytest.raises(EngineError, match=r"of an older version \(toys\). Run `digbot migrate`"):
        Database.open(url, branches=[toys.later("    pass")], migrate=False)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough" * 10, b"x"])
def test_a_file_of_something_else_is_refused(sqlite_url: str, content: bytes) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(EngineError) as caught:
        Database.open(sqlite_url)
    assert str(caught.value) == (
        f"Cannot open the database {path}: the file is not a SQLite database"
    )
    assert path.read_bytes() == content


def test_a_damaged_database_is_named(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)
    with pytest.raises(EngineError, match=f"Cannot open the database {path}: file is not a datab"):
        Database.open(sqlite_url)


def test_a_database_of_another_program_is_refused(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    other.close()
    with pytest.raises(EngineError) as caught:
        Database.open(sqlite_url)
    assert str(caught.value) == (
        f"The database {path} belongs to another program: it has the tables bookmarks, and none "
        "that digbot made. Name an empty database."
    )


def test_the_versions_of_another_program_are_not_ours(url: str) -> None:
    run(url, "UPDATE alembic_version SET version_num = 'a1b2c3d4'")
    with pytest.raises(EngineError, match="belongs to another program"):
        Database.open(url)


@pytest.mark.postgres
def test_a_schema_may_be_shared_where_no_name_is_taken(postgres_url: str) -> None:
    database = Database.connect(postgres_url)
    with database.transaction() as tx:
        tx.execute(text("CREATE TABLE bookmarks (url text)"))
    Database.open(postgres_url).close()
    with database.transaction() as tx:
        tx.execute(text("DROP TABLE alembic_version"))
    database.close()
    with pytest.raises(EngineError, match="belongs to another program: it has the tables"):
        Database.open(postgres_url)


def test_revisions_are_read_from_file_names(toys: Toys) -> None:
    toys.later("    pass")
    assert toys.branch.revisions == ["toys_0001", "toys_0002"]
    with pytest.raises(LookupError, match="No package nowhere_at_all"):
        _ = Branch("x", tables.metadata, "nowhere_at_all:versions").folder
