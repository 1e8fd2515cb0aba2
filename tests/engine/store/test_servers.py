from datetime import timedelta

from engine.store import servers
from engine.store.database import Database
from tests.support.store import NOW

LATER = NOW + timedelta(minutes=1)


def test_a_server_that_is_silent_is_dead(database: Database) -> None:
    with database.transaction() as tx:
        one, two = (servers.register(tx, name, now=NOW) for name in ("one", "two"))
        assert servers.heartbeat(tx, two, now=LATER)
        assert servers.dead(tx, NOW) == []
        assert servers.dead(tx, LATER) == [one]
        assert servers.others(tx, two) == [one]
        servers.stopped(tx, two)
        assert servers.dead(tx, NOW) == [two]


def test_a_server_that_was_declared_dead_hears_of_it(database: Database) -> None:
    with database.transaction() as tx:
        one = servers.register(tx, "one", now=NOW)
        servers.remove(tx, [one])
        assert not servers.heartbeat(tx, one, now=LATER)
        assert servers.others(tx, 0) == []


def test_ids_are_never_used_twice(database: Database) -> None:
    with database.transaction() as tx:
        one = servers.register(tx, "one", now=NOW)
        servers.remove(tx, [one])
        assert servers.register(tx, "two", now=NOW) > one
