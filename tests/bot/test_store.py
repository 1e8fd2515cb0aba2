"""The bot's tables, over both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot import store
from bot.events import RefUpdate
from bot.store import BRANCH, Follow, NewPush
from engine.store.database import ENGINE, Database, Tx

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(params=["sqlite_url", pytest.param("new_postgres", marks=pytest.mark.postgres)])
def tx(request: pytest.FixtureRequest) -> Iterator[Tx]:
    """A transaction on an empty database, that is not committed."""
    found: str | Callable[[], str] = request.getfixturevalue(request.param)
    database = Database.open(
        found if isinstance(found, str) else found(), branches=[ENGINE, BRANCH]
    )
    with database.transaction() as opened:
        yield opened
    database.close()


def follow(repository_id: int, name: str = "etl", **more: object) -> Follow:
    values: dict[str, object] = {
        "path": "pipelines/etl",
        "ref": "refs/heads/main",
        "commit": "c" * 40,
        "tree": "t" * 40,
        "settings": {"ignore": ["*.ipynb"], "schedules": True},
        "uploads": False,
        "state": "deployed",
        "updated_at": NOW,
        **more,
    }
    return Follow(repository_id, name, **values)  # type: ignore[arg-type]


def test_repositories_by_name(tx: Tx) -> None:
    hosted = store.insert_repository(tx, "shop", NOW)
    mirror = store.insert_repository(tx, "aside", NOW, url="https://x/y", poll_seconds=60)
    assert store.list_repositories(tx) == [mirror, hosted]
    assert store.repository(tx, "shop") == hosted
    assert store.repository(tx, "nothing") is None
    assert (hosted.url, hosted.next_poll_at) == (None, None)
    assert mirror.next_poll_at == NOW


def test_a_name_is_taken_while_the_repository_lives(tx: Tx) -> None:
    first = store.insert_repository(tx, "shop", NOW)
    with pytest.raises(IntegrityError), tx.savepoint():
        store.insert_repository(tx, "shop", NOW)
    store.remove_repository(tx, first.id, LATER)
    second = store.insert_repository(tx, "shop", LATER)
    assert second.id != first.id
    assert store.list_repositories(tx) == [second]
    removed = store.repository_by_id(tx, first.id)
    assert removed is not None
    assert removed.removed_at == LATER


def test_polls_count_failures(tx: Tx) -> None:
    row = store.insert_repository(tx, "m", NOW, url="u", poll_seconds=60)
    for _ in range(2):
        store.record_poll(tx, row.id, now=NOW, next_poll_at=LATER, error="\0 no\ud800")
    failed = store.repository(tx, "m")
    assert failed is not None
    assert (failed.failures, failed.error) == (2, "\0 no\ud800")
    assert (failed.polled_at, failed.next_poll_at) == (NOW, LATER)
    store.record_poll(tx, row.id, now=NOW, next_poll_at=LATER, error=None)
    fine = store.repository(tx, "m")
    assert fine is not None
    assert (fine.failures, fine.error) == (0, None)


def test_positions_are_written_over(tx: Tx) -> None:
    row = store.insert_repository(tx, "shop", NOW)
    other = store.insert_repository(tx, "other", NOW)
    store.save_follows(tx, [follow(row.id, "b"), follow(row.id, "a"), follow(other.id, "a")])
    moved = follow(row.id, "a", commit="d" * 40, state="gone", tree=None, uploads=True)
    store.save_follows(tx, [moved])
    assert store.list_follows(tx, row.id) == [moved, follow(row.id, "b")]
    assert store.list_follows(tx, other.id) == [follow(other.id, "a")]


def test_intents_in_order(tx: Tx) -> None:
    row = store.insert_repository(tx, "shop", NOW)
    other = store.insert_repository(tx, "other", NOW)
    updates = [
        RefUpdate("refs/heads/\udcff", None, "1" * 40),
        RefUpdate("refs/tags/x", "2" * 40, None),
    ]
    first = store.insert_intent(tx, row.id, updates, "push", NOW)
    second = store.insert_intent(tx, other.id, [], "poll", NOW)
    assert [intent.id for intent in store.list_intents(tx)] == [first, second]
    (found,) = store.list_intents(tx, row.id)
    assert (found.updates, found.requested_by) == (tuple(updates), "push")
    assert (found.failures, found.next_try_at) == (0, None)
    store.postpone_intent(tx, first, LATER)
    assert [(i.failures, i.next_try_at) for i in store.list_intents(tx, row.id)] == [(1, LATER)]
    store.delete_intent(tx, first)
    assert store.list_intents(tx, row.id) == []


def test_removing_a_repository_forgets_what_it_was_about_to_do(tx: Tx) -> None:
    row = store.insert_repository(tx, "shop", NOW)
    store.save_follows(tx, [follow(row.id)])
    store.insert_intent(tx, row.id, [], "push", NOW)
    store.remove_repository(tx, row.id, LATER)
    assert store.list_follows(tx, row.id) == []
    assert store.list_intents(tx) == []


def test_pushes_newest_first(tx: Tx) -> None:
    row = store.insert_repository(tx, "shop", NOW)
    update = RefUpdate("refs/heads/main", None, "1" * 40)
    refused = {"refs/heads/main": "digbot: 1 problem"}
    ids = [
        store.insert_push(tx, row.id, NewPush("push", [update], refused, [f"line {i}"]), now=NOW)
        for i in range(3)
    ]
    found = store.list_pushes(tx, row.id)
    assert [push.id for push in found] == ids[::-1]
    assert found[0].report == ("line 2",)
    assert found[0].updates == (update,)
    assert found[0].refused == refused
    assert [push.id for push in store.list_pushes(tx, row.id, last_id=ids[2], limit=1)] == [ids[1]]
