"""Secrets of projects, encrypted. Two scopes: what users set, then what front ends add at a push."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, delete, insert, select

from engine.errors import ConfigError
from engine.store import crypto
from engine.store import tables as t
from engine.store.crypto import SecretCrypto
from engine.store.database import Tx

PROJECT = "project"
PROJECT_DEFAULT = "project-default"

_C = t.secrets.c
_FIRST_SCOPE = case((_C.scope == PROJECT, 0), else_=1)


def put(
    tx: Tx,
    cipher: SecretCrypto,
    project_id: int,
    key: str,
    value: str,
    *,
    now: datetime,
    scope: str = PROJECT,
) -> None:
    """Set or replace."""
    remove(tx, project_id, key, scope=scope)
    tx.execute(
        insert(t.secrets).values(
            project_id=project_id,
            scope=scope,
            key=key,
            engine=crypto.ENGINE,
            value=cipher.encrypt(value),
            updated_at=now,
        )
    )


def remove(tx: Tx, project_id: int, key: str, *, scope: str = PROJECT) -> bool:
    """True when there was one."""
    query = delete(t.secrets).where(_C.project_id == project_id, _C.scope == scope, _C.key == key)
    return tx.execute(query).rowcount == 1


def keys(tx: Tx, project_id: int, *, scope: str = PROJECT) -> list[str]:
    """Sorted. Values are never listed."""
    query = select(_C.key).where(_C.project_id == project_id, _C.scope == scope)
    return sorted(tx.execute(query).scalars())


def get(tx: Tx, cipher: SecretCrypto, project_id: int, key: str) -> str | None:
    """The value, of the first scope that has the key. Raises `ConfigError` (`crypto`)."""
    query = select(_C.engine, _C.value).where(_C.project_id == project_id, _C.key == key)
    row = tx.execute(query.order_by(_FIRST_SCOPE).limit(1)).first()
    if row is None:
        return None
    if row.engine != crypto.ENGINE:
        raise ConfigError(f"Secret {key} is encrypted with {row.engine}, which digbot cannot read")
    return cipher.decrypt(row.value)
