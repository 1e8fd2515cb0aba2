"""Small helpers that the modules of the store share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, func, true
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import NotFound
from engine.store.database import Tx

PAGE = 100  # rows of a list, unless more are asked for

_Value = TypeVar("_Value")


def missing(what: str) -> NotFound:
    """`what` names the thing as rest-api.md §2 does: "project id=1"."""
    return NotFound(f"Resource does not exist: {what}")


def insert_ignore(tx: Tx, table: Table) -> Any:
    """INSERT that leaves a row alone which has the same key; the only dialect-specific statement."""
    module = sqlite if tx.dialect == "sqlite" else postgresql
    return module.insert(table).on_conflict_do_nothing()


def contains(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """True where `part` stands in the text, case and all; `%` and `_` are plain characters.

    LIKE folds case in SQLite and not in PostgreSQL; replacing means the same in both.
    """
    return func.replace(column, part, "") != column if part else true()


def one(
    tx: Tx, kind: Callable[..., _Value], query: Select[Any], parameters: Any = None
) -> _Value | None:
    """The first row as a value, None when there is none."""
    row = tx.execute(query, parameters).first()
    return None if row is None else kind(*row)
