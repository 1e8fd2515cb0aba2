from sqlalchemy import select

from engine.store import tables
from engine.store.database import Database
from engine.store.rows import contains, insert_ignore, missing
from tests.support.store import NOW


def test_what_is_missing_is_named() -> None:
    assert str(missing("project id=1")) == "Resource does not exist: project id=1"


def test_a_row_that_is_there_stays_as_it_is(database: Database) -> None:
    table = tables.definition_configs
    with database.transaction() as tx:
        for config in ({"a": 1}, {"a": 2}):
            tx.execute(insert_ignore(tx, table), [{"hash": "x", "config": config}])
        assert tx.execute(select(table.c.config)).scalars().all() == [{"a": 1}]


def test_a_part_is_looked_for_with_its_case_and_without_wildcards(database: Database) -> None:
    name = tables.servers.c.name
    with database.transaction() as tx:
        for text in ("a_b%", "A", "日本"):
            tx.execute(tables.servers.insert().values(name=text, started_at=NOW, heartbeat_at=NOW))

        def found(part: str) -> list[str]:
            query = select(name).where(contains(name, part)).order_by(tables.servers.c.id)
            return list(tx.execute(query).scalars())

        assert found("") == ["a_b%", "A", "日本"]
        assert found("a") == found("_") == found("b%") == ["a_b%"]
        assert found("本") == ["日本"]
        assert found("b_") == []
