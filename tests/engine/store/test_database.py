"""Transactions on either database. Opening one, old or foreign, is in test_versions.py."""

import stat
import threading
import time
from pathlib import Path

import pytest

from engine.errors import DatabaseUnavailable, EngineError
from engine.store import projects, revisions, running
from engine.store.database import Database, Turns, Tx
from tests.support.store import NOW, Shop


def names(database: Database) -> list[str]:
    with database.read() as tx:
        return [row.project.name for row in projects.project_rows(tx)]


def add(tx: Tx, name: str) -> None:
    projects.insert_project(tx, name, now=NOW)


class Oops(Exception):
    pass


def oops() -> None:
    raise Oops


def add_and_fail(database: Database, heard: list[str]) -> None:
    with database.transaction() as tx:
        add(tx, "lost")
        tx.after_commit(lambda: heard.append("lost"))
        oops()


def add_and_fail_in_savepoint(tx: Tx, heard: list[str]) -> None:
    with tx.savepoint():
        add(tx, "lost")
        tx.after_commit(lambda: heard.append("lost"))
        oops()


def test_a_transaction_is_kept_at_its_end(database: Database) -> None:
    with database.transaction() as tx:
        add(tx, "a")
    assert names(database) == ["a"]


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    heard: list[str] = []
    with pytest.raises(Oops):
        add_and_fail(database, heard)
    assert names(database) == []
    assert heard == []


def test_a_savepoint_that_raises_takes_back_its_part_only(database: Database) -> None:
    heard: list[str] = []
    with database.transaction() as tx:
        add(tx, "a")
        tx.after_commit(lambda: heard.append("a"))
        with pytest.raises(Oops):
            add_and_fail_in_savepoint(tx, heard)
        with tx.savepoint():
            add(tx, "c")
            tx.after_commit(lambda: heard.append("c"))
    assert names(database) == ["a", "c"]
    assert heard == ["a", "c"]


def test_what_follows_a_commit_sees_it_and_may_write(database: Database) -> None:
    seen: list[list[str]] = []

    def follow() -> None:
        seen.append(names(database))
        with database.transaction() as tx:
            add(tx, "b")

    with database.transaction() as tx:
        add(tx, "a")
        tx.after_commit(follow)
        assert seen == []
    assert seen == [["a"]]
    assert names(database) == ["a", "b"]


def test_a_failing_follower_does_not_undo_the_commit(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    with database.transaction() as tx:
        add(tx, "a")
        tx.after_commit(oops)
        tx.after_commit(lambda: heard.append("next"))
    assert names(database) == ["a"]
    assert heard == ["next"]
    assert "what was to follow it failed" in caplog.text


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert projects.project_rows(reader) == []
        with database.transaction() as tx:
            add(tx, "a")
        assert projects.project_rows(reader) == []
    assert names(database) == ["a"]


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as tx:
        add(tx, "a")
        assert names(database) == []


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"), database.read() as tx:
        add(tx, "a")


def test_many_threads_write_and_none_is_lost(database: Database) -> None:
    def work(number: int) -> None:
        for step in range(5):
            with database.transaction() as tx:
                add(tx, f"p{number}-{step}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 20


def test_a_transaction_within_a_transaction_is_a_mistake(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with (
        pytest.raises(RuntimeError, match="in a transaction already"),
        database.transaction(),
        database.transaction(),
    ):
        pass
    with database.transaction() as tx:  # the lock is free again
        add(tx, "a")
    database.close()


def test_turns_are_given_in_the_order_of_asking() -> None:
    turns = Turns()
    order: list[int] = []

    def ask(number: int) -> None:
        with turns:
            order.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    with turns:
        for thread in threads:
            thread.start()
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_the_file_of_sqlite_is_private(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    path = Path(database.url.database or "")
    with database.transaction() as tx:
        add(tx, "a")
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {"digbot.db", "digbot.db-wal", "digbot.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    database.close()


def test_a_file_that_others_can_read_becomes_private(sqlite_url: str) -> None:
    Database.open(sqlite_url).close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o644)
    Database.open(sqlite_url).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_writes_every_commit_to_disk(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with database.transaction() as tx:
        pragmas = {
            name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_full_disk_is_named_and_nothing_is_half_done(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    shop = Shop.build(database)

    def start_too_many() -> None:
        with database.transaction() as tx:
            pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar()
            tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
            for day in range(1000):
                shop.start(tx, day=day, params={"text": "x" * 500})

    with pytest.raises(DatabaseUnavailable, match=r"The database failed: .*full"):
        start_too_many()
    with database.read() as tx:
        assert projects.project(tx, shop.project.id) == shop.project
        assert running.count_running(tx) == 0
    database.close()


def test_rows_must_belong_together(shop: Shop) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), shop.database.transaction() as tx:
        revisions.insert_deployment(
            tx, shop.project.id, 99_999, action="x", requested_by="x", now=NOW
        )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "Not the address of a database: 'nonsense'. Expected sqlite:///FILE"),
        ("sqlite://", "Not a database that digbot can use: in memory"),
        ("mysql://me:pw@host/x", r"Not a database that digbot can use: mysql://me:\*\*\*@host/x"),
        ("sqlite:////proc/nowhere/x.db", "Cannot open the database /proc/nowhere/x.db"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(url: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Database.open(url)


@pytest.mark.postgres
def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(EngineError, match="Cannot open the database postgresql") as caught:
        Database.open(f"postgresql://me:secret@/x?host={tmp_path}")
    assert "secret" not in str(caught.value)


@pytest.mark.postgres
def test_a_broken_connection_costs_one_transaction(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    with pytest.raises(DatabaseUnavailable), database.transaction() as tx:
        tx.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    with database.transaction() as tx:
        add(tx, "a")
    assert names(database) == ["a"]
    database.close()
