from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.store import projects, revisions
from engine.store.database import Database
from engine.store.types import from_json, from_micros, to_json, to_micros
from tests.support.store import NOW

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_json_keeps_every_value(value: object) -> None:
    assert from_json(to_json(value)) == value


def test_json_keeps_the_order_of_keys_and_takes_no_room() -> None:
    assert to_json({"b": 1, "a": [1, {"c": None}]}) == '{"b":1,"a":[1,{"c":null}]}'


def test_a_text_of_a_class_of_its_own_becomes_plain() -> None:
    class Marked(str):
        __slots__ = ()

    back = from_json(to_json({"a": Marked("x")}))["a"]
    assert (back, type(back)) == ("x", str)


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_are_kept_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    tokyo = timezone(timedelta(hours=9))
    moment = datetime(2026, 1, 1, 9, tzinfo=tokyo)
    assert from_micros(to_micros(moment)) == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_last_year_of_the_calendar_fits(database: Database) -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    with database.transaction() as tx:
        assert projects.insert_project(tx, "p", now=end).created_at == end


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_a_database_cannot_hold_are_refused(database: Database, name: str) -> None:
    with pytest.raises(ConfigError, match="A name must"), database.transaction() as tx:
        projects.insert_project(tx, name, now=NOW)


def test_params_that_a_database_cannot_hold_as_text_survive(database: Database) -> None:
    odd = {"nul\0": "\ud800", "日本": "語"}
    with database.transaction() as tx:
        project = projects.insert_project(tx, "p", now=NOW)
        revision = revisions.insert_revision(
            tx,
            project.id,
            name="r",
            content_hash="",
            archive_sha256="",
            archive_md5="",
            archive_size=0,
            user_info=odd,
            now=NOW,
        )
        assert revisions.revision(tx, revision.id).user_info == odd
