"""Definitions: the workflows of each revision. Equal configurations are stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, insert, or_, select

from engine.model import Definition, Params, Revision
from engine.store import tables as t
from engine.store.database import Tx
from engine.store.rows import PAGE, contains, insert_ignore, missing, one
from engine.store.types import to_json

_P = t.projects.c
_R = t.revisions.c
_D = t.definitions.c

_DEFINITION = (
    _D.id, _D.project_id, _D.revision_id, _D.name, _D.timezone, t.definition_configs.c.config,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A definition as the API shows it."""

    definition: Definition
    project_name: str
    revision_name: str


def insert_definitions(
    tx: Tx, revision: Revision, workflows: Iterable[tuple[str, str, Params]]
) -> list[Definition]:
    """The workflows of a new revision, each (name, timezone, config); ids in the order given."""
    rows = []
    configs = []
    for name, timezone, config in workflows:
        digest = hashlib.sha256(to_json(config).encode()).hexdigest()
        configs.append({"hash": digest, "config": config})
        rows.append({"name": name, "timezone": timezone, "config_hash": digest})
    if not rows:
        return []
    tx.execute(insert_ignore(tx, t.definition_configs), configs)
    fixed = {"project_id": revision.project_id, "revision_id": revision.id}
    tx.execute(insert(t.definitions), [fixed | row for row in rows])
    return definitions_of(tx, revision.id)


def definition(tx: Tx, definition_id: int) -> Definition:
    """A workflow of any revision, also of a deleted project, or `NotFound`."""
    row = tx.execute(_ONE_DEFINITION, {"id": definition_id}).first()
    if row is None:
        raise missing(f"workflow id={definition_id}")
    return Definition(*row)


def definitions(tx: Tx, ids: Collection[int]) -> dict[int, Definition]:
    """Workflows of any revisions, by id."""
    query = _definitions().where(_D.id.in_(ids))
    return {row.id: Definition(*row) for row in tx.execute(query)}


def definitions_of(tx: Tx, revision_id: int) -> list[Definition]:
    """All workflows of a revision, by id."""
    query = _definitions().where(_D.revision_id == revision_id).order_by(_D.id)
    return [Definition(*row) for row in tx.execute(query)]


def find_definition(tx: Tx, revision_id: int, name: str) -> Definition | None:
    query = _definitions().where(_D.revision_id == revision_id, _D.name == name)
    return one(tx, Definition, query)


def find_current_definition(tx: Tx, project_id: int, name: str) -> Definition | None:
    """The workflow as the current revision of a living project has it."""
    query = _definitions().join(t.projects, _P.current_revision_id == _D.revision_id)
    query = query.where(_P.id == project_id, _P.deleted_at.is_(None), _D.name == name)
    return one(tx, Definition, query)


def workflow_row(tx: Tx, definition_id: int) -> WorkflowRow:
    row = tx.execute(_workflow_rows().where(_D.id == definition_id)).first()
    if row is None:
        raise missing(f"workflow id={definition_id}")
    return _workflow_row(row)


def workflow_rows(
    tx: Tx,
    *,
    last_id: int | None = None,
    limit: int | None = PAGE,
    descending: bool = False,
    name_pattern: str = "",
    search_project_name: bool = False,
) -> list[WorkflowRow]:
    """Workflows of the current revisions of all living projects (rest-api.md §8)."""
    query = _workflow_rows().where(_P.current_revision_id == _R.id, _P.deleted_at.is_(None))
    found = contains(_D.name, name_pattern)
    if search_project_name:
        found = or_(found, contains(_P.name, name_pattern))
    query = query.where(found).limit(limit)
    if last_id is not None:
        query = query.where(_D.id < last_id if descending else _D.id > last_id)
    query = query.order_by(_D.id.desc() if descending else _D.id)
    return [_workflow_row(row) for row in tx.execute(query)]


def _definitions() -> Select[Any]:
    joined = t.definitions.join(t.definition_configs)
    return select(*_DEFINITION).select_from(joined)


_ONE_DEFINITION = _definitions().where(_D.id == bindparam("id"))


def _workflow_rows() -> Select[Any]:
    joined = (
        t.definitions.join(t.definition_configs)
        .join(t.revisions, _R.id == _D.revision_id)
        .join(t.projects, _P.id == _D.project_id)
    )
    return select(*_DEFINITION, _P.name, _R.name).select_from(joined)


def _workflow_row(row: Sequence[Any]) -> WorkflowRow:
    cut = len(_DEFINITION)
    return WorkflowRow(Definition(*row[:cut]), row[cut], row[cut + 1])
