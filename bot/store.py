"""The bot's own tables: repositories, what they deploy, pushes. Rows in, values out.

They live in the engine's database, in the same transactions (`engine.store.database.Tx`); the branch
`bot` of the migrations is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)

from bot.events import RefUpdate
from engine.store.database import Tx
from engine.store.types import Id, Json, Name, UtcTime
from engine.store.versions import Branch

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BRANCH = Branch("bot", metadata, "bot:migrations/versions")

_live = text("removed_at IS NULL")

repositories = Table(
    "repositories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("url", Name),  # null: hosted here
    Column("poll_seconds", Integer),
    Column("next_poll_at", UtcTime),
    Column("polled_at", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("error", Json),  # free text of a remote, which may hold anything
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),
    Index(
        "uq_repositories_live_name",
        "name",
        unique=True,
        sqlite_where=_live,
        postgresql_where=_live,
    ),
    sqlite_autoincrement=True,
)

# What a repository deploys, and where each project stands: reconcile compares these positions with
# the refs, never content (decisions.md).
follows = Table(
    "follows",
    metadata,
    Column("repository_id", BigInteger, ForeignKey("repositories.id"), primary_key=True),
    Column("project_name", Name, primary_key=True),
    Column("path", Json, nullable=False),
    Column("ref", Name),
    Column("commit", Text),
    Column("tree", Text),
    Column("settings", Json, nullable=False),
    Column("uploads", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

# Ref updates that were judged and accepted; the row goes in the transaction that deploys them.
intents = Table(
    "intents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("repository_id", BigInteger, ForeignKey("repositories.id"), nullable=False),
    Column("updates", Json, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_try_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_intents_repository_id", "repository_id"),
    sqlite_autoincrement=True,
)

pushes = Table(
    "pushes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("repository_id", BigInteger, ForeignKey("repositories.id"), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("updates", Json, nullable=False),
    Column("refused", Json, nullable=False),  # ref -> reason
    Column("report", Json, nullable=False),  # lines
    Column("created_at", UtcTime, nullable=False),
    Index("ix_pushes_repository_id_id", "repository_id", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository that projects are deployed from. `url` None: hosted by this server."""

    id: int
    name: str
    url: str | None
    poll_seconds: int | None
    next_poll_at: datetime | None
    polled_at: datetime | None
    failures: int  # fetches that failed, one after the other
    error: str | None  # of the last one
    created_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Follow:
    """A project as a repository deploys it, and the position that it was deployed from."""

    repository_id: int
    project_name: str
    path: str  # "." is the root
    ref: str | None
    commit: str | None
    tree: str | None  # of the folder
    settings: dict[str, Any] = field(hash=False)  # what else the deploy depends on
    uploads: bool
    state: str  # deployed | refused | gone
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Intent:
    id: int
    repository_id: int
    updates: tuple[RefUpdate, ...]
    requested_by: str
    failures: int
    next_try_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewPush:
    """`refused` are refs with the reason."""

    requested_by: str
    updates: Sequence[RefUpdate]
    refused: Mapping[str, str]
    report: Sequence[str]


@dataclass(frozen=True, slots=True)
class PushRecord:
    """One push, poll or sync as it was answered."""

    id: int
    repository_id: int
    requested_by: str
    updates: tuple[RefUpdate, ...]
    refused: dict[str, str] = field(hash=False)
    report: tuple[str, ...]
    created_at: datetime


def list_repositories(tx: Tx) -> list[Repository]:
    """Those that were not removed, by name."""
    table = repositories.c
    found = tx.execute(select(repositories).where(table.removed_at.is_(None)).order_by(table.name))
    return [Repository(**row._mapping) for row in found]


def repository(tx: Tx, name: str) -> Repository | None:
    table = repositories.c
    query = select(repositories).where(table.name == name, table.removed_at.is_(None))
    row = tx.execute(query).first()
    return Repository(**row._mapping) if row else None


def repository_by_id(tx: Tx, repository_id: int) -> Repository | None:
    """Also a removed one."""
    row = tx.execute(select(repositories).where(repositories.c.id == repository_id)).first()
    return Repository(**row._mapping) if row else None


def insert_repository(
    tx: Tx, name: str, now: datetime, *, url: str | None = None, poll_seconds: int | None = None
) -> Repository:
    values = {
        "name": name,
        "url": url,
        "poll_seconds": poll_seconds,
        "next_poll_at": now if url is not None else None,
        "polled_at": None,
        "failures": 0,
        "error": None,
        "created_at": now,
        "removed_at": None,
    }
    done = tx.execute(insert(repositories).values(**values).returning(repositories.c.id))
    return Repository(id=done.scalar_one(), **values)  # type: ignore[arg-type]


def remove_repository(tx: Tx, repository_id: int, now: datetime) -> None:
    """Its projects stay; nothing is deployed from it any more."""
    tx.execute(delete(follows).where(follows.c.repository_id == repository_id))
    tx.execute(delete(intents).where(intents.c.repository_id == repository_id))
    tx.execute(
        update(repositories)
        .where(repositories.c.id == repository_id)
        .values(removed_at=now, next_poll_at=None)
    )


def record_poll(
    tx: Tx, repository_id: int, *, now: datetime, next_poll_at: datetime | None, error: str | None
) -> None:
    table = repositories.c
    tx.execute(
        update(repositories)
        .where(table.id == repository_id)
        .values(
            polled_at=now,
            next_poll_at=next_poll_at,
            error=error,
            failures=table.failures + 1 if error is not None else 0,
        )
    )


def list_follows(tx: Tx, repository_id: int) -> list[Follow]:
    """By name of project."""
    table = follows.c
    query = select(follows).where(table.repository_id == repository_id).order_by(table.project_name)
    return [Follow(**row._mapping) for row in tx.execute(query)]


def save_follows(tx: Tx, rows: Iterable[Follow]) -> None:
    for row in rows:
        values = {name: getattr(row, name) for name in Follow.__slots__}
        table = follows.c
        changed = tx.execute(
            update(follows)
            .where(table.repository_id == row.repository_id, table.project_name == row.project_name)
            .values(**values)
        )
        if not changed.rowcount:
            tx.execute(insert(follows).values(**values))


def insert_intent(
    tx: Tx, repository_id: int, updates: Sequence[RefUpdate], requested_by: str, now: datetime
) -> int:
    done = tx.execute(
        insert(intents)
        .values(
            repository_id=repository_id,
            updates=_pack(updates),
            requested_by=requested_by,
            failures=0,
            next_try_at=None,
            created_at=now,
        )
        .returning(intents.c.id)
    )
    return int(done.scalar_one())


def list_intents(tx: Tx, repository_id: int | None = None) -> list[Intent]:
    """Oldest first: pushes are deployed in the order in which they were accepted."""
    query = select(intents).order_by(intents.c.id)
    if repository_id is not None:
        query = query.where(intents.c.repository_id == repository_id)
    return [_intent(row) for row in tx.execute(query)]


def delete_intent(tx: Tx, intent_id: int) -> None:
    tx.execute(delete(intents).where(intents.c.id == intent_id))


def postpone_intent(tx: Tx, intent_id: int, next_try_at: datetime) -> None:
    table = intents.c
    tx.execute(
        update(intents)
        .where(table.id == intent_id)
        .values(failures=table.failures + 1, next_try_at=next_try_at)
    )


def insert_push(tx: Tx, repository_id: int, push: NewPush, *, now: datetime) -> int:
    done = tx.execute(
        insert(pushes)
        .values(
            repository_id=repository_id,
            requested_by=push.requested_by,
            updates=_pack(push.updates),
            refused=dict(push.refused),
            report=list(push.report),
            created_at=now,
        )
        .returning(pushes.c.id)
    )
    return int(done.scalar_one())


def list_pushes(
    tx: Tx, repository_id: int, *, last_id: int | None = None, limit: int = 100
) -> list[PushRecord]:
    """Newest first; ids below `last_id`."""
    query = select(pushes).where(pushes.c.repository_id == repository_id)
    if last_id is not None:
        query = query.where(pushes.c.id < last_id)
    found = tx.execute(query.order_by(pushes.c.id.desc()).limit(limit))
    return [_push(row) for row in found]


def _intent(row: Row[Any]) -> Intent:
    return Intent(**{**row._mapping, "updates": _unpack(row.updates)})


def _push(row: Row[Any]) -> PushRecord:
    values = {**row._mapping, "updates": _unpack(row.updates), "report": tuple(row.report)}
    return PushRecord(**values)


def _pack(updates: Sequence[RefUpdate]) -> list[list[str | None]]:
    return [[update.ref, update.old, update.new] for update in updates]


def _unpack(rows: list[list[str | None]]) -> tuple[RefUpdate, ...]:
    return tuple(RefUpdate(ref or "", old, new) for ref, old, new in rows)
