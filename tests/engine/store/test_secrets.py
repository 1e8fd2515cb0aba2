import pytest

from engine.errors import ConfigError
from engine.store import secrets
from engine.store.crypto import SecretCrypto
from tests.support.store import NOW, Shop

CIPHER = SecretCrypto(bytes(16))


def put(tx, shop: Shop, key: str, value: str, **scope: str) -> None:
    secrets.put(tx, CIPHER, shop.project.id, key, value, now=NOW, **scope)


def test_a_value_comes_back_and_is_replaced(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        put(tx, shop, "pg.password", "one")
        put(tx, shop, "pg.password", "two")
        assert secrets.get(tx, CIPHER, shop.project.id, "pg.password") == "two"
        assert secrets.get(tx, CIPHER, shop.project.id, "pg") is None


def test_the_projects_own_value_comes_before_the_default(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        put(tx, shop, "a", "own")
        put(tx, shop, "a", "default", scope=secrets.PROJECT_DEFAULT)
        put(tx, shop, "b", "default", scope=secrets.PROJECT_DEFAULT)
        found = [secrets.get(tx, CIPHER, shop.project.id, key) for key in "abc"]
    assert found == ["own", "default", None]


def test_keys_are_listed_without_values(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        put(tx, shop, "b", "x")
        put(tx, shop, "a", "x")
        put(tx, shop, "c", "x", scope=secrets.PROJECT_DEFAULT)
        assert secrets.keys(tx, shop.project.id) == ["a", "b"]


def test_removing_says_whether_there_was_one(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        put(tx, shop, "a", "x")
        assert secrets.remove(tx, shop.project.id, "a")
        assert not secrets.remove(tx, shop.project.id, "a")
        assert secrets.get(tx, CIPHER, shop.project.id, "a") is None


def test_the_value_is_not_readable_in_the_table(shop: Shop) -> None:
    from sqlalchemy import select

    from engine.store import tables

    with shop.database.transaction() as tx:
        put(tx, shop, "a", "open sesame")
        row = tx.execute(select(tables.secrets)).one()
    assert "sesame" not in str(row)


def test_a_value_of_another_way_of_encryption_is_named(shop: Shop) -> None:
    from sqlalchemy import update

    from engine.store import tables

    with shop.database.transaction() as tx:
        put(tx, shop, "a", "x")
        tx.execute(update(tables.secrets).values(engine="vault"))
        with pytest.raises(ConfigError, match="Secret a is encrypted with vault"):
            secrets.get(tx, CIPHER, shop.project.id, "a")
