"""Column types: what a value looks like in the database, the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from engine.errors import ConfigError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# SQLite gives numbers by itself only to a column declared exactly INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

# Escaped to ASCII: lone surrogates and NUL, which a YAML text may hold, survive both databases.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """Compact text, keys in their order. Texts that are marked as literal become plain."""
    return _encode(value)


from_json = json.loads


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment, exact up to year 9999."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept as an integer of microseconds: exact, sortable, without time zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Json(TypeDecorator[Any]):
    """A value as JSON text. Not the database's own JSON type, which loses the order of keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: Any, _: Dialect) -> Any:
        return None if value is None else from_json(value)


class BadText(ConfigError, DontWrapMixin):  # as it is, not inside of SQLAlchemy's own error
    """A text has characters that no database can hold."""


class Name(TypeDecorator[str]):
    """A text that users choose. Both databases refuse the same characters, with a sentence."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        if value is not None:
            check_text(value)
        return value


def check_text(text: str) -> None:
    """Raise `BadText` for what no database can hold as text: NUL and half surrogate pairs."""
    if "\0" in text:
        raise BadText(f"A name must not contain a NUL character: {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadText(f"A name must be valid Unicode text: {text!r}") from error
