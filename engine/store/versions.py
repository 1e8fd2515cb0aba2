"""Which version of the tables a database has, and which this program needs. Without Alembic.

A branch is a set of tables with its own line of migrations: `engine` here, `bot` above, which the
engine does not know. Files of a branch are called `0001_words.py`, and the revision in such a file
`BRANCH_0001`; so the newest version is read from file names, and the table `alembic_version` tells
branches apart.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

from engine.errors import DatabaseTooNew, EngineError

# As Alembic makes it.
_versions = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """`location` is "package:folder" of the migrations."""

    name: str
    metadata: MetaData
    location: str

    @property
    def folder(self) -> Path:
        package, _, folder = self.location.partition(":")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise LookupError(f"No package {package}, where the migrations of {self.name} are")
        return Path(spec.submodule_search_locations[0], folder)

    @property
    def revisions(self) -> list[str]:
        """All versions there ever were, oldest first."""
        numbers = sorted(path.name[:4] for path in self.folder.glob("[0-9]" * 4 + "_*.py"))
        return [f"{self.name}_{number}" for number in numbers]


def missing(connection: Connection, branches: Sequence[Branch]) -> list[Branch]:
    """Branches whose tables are not there yet."""
    found = _found(connection)
    return [branch for branch in branches if not _of(branch, found)]


def outdated(connection: Connection, branches: Sequence[Branch]) -> list[Branch]:
    """Branches with tables of an older version. Raises `DatabaseTooNew` for a newer one."""
    found = _found(connection)
    old = []
    for branch in branches:
        known = branch.revisions
        versions = _of(branch, found)
        newer = [version for version in versions if version not in known]
        if newer:
            raise DatabaseTooNew(
                f"The database was made by a newer version of digbot: its tables are at version "
                f"{newer[0]}, this program knows up to {known[-1]}. Install the newer digbot."
            )
        if versions and versions != {known[-1]}:
            old.append(branch)
    return old


def create(connection: Connection, branches: Iterable[Branch]) -> None:
    """Make the tables of these branches, at their newest version."""
    for branch in branches:
        branch.metadata.create_all(connection, checkfirst=False)
    _versions.create(connection, checkfirst=True)
    for branch in branches:
        connection.execute(insert(_versions).values(version_num=branch.revisions[-1]))


def refuse_foreign(connection: Connection, branches: Sequence[Branch], where: str) -> None:
    """Raise when tables are there that another program made."""
    if any(_of(branch, _found(connection)) for branch in branches):
        return
    present = set(inspect(connection).get_table_names())
    if connection.dialect.name != "sqlite":  # a schema may be shared, if no name is taken
        ours = {name for branch in branches for name in branch.metadata.tables}
        present &= {*ours, _versions.name}
    if present:
        some = ", ".join(sorted(present)[:5])
        raise EngineError(
            f"The database {where} belongs to another program: it has the tables {some}, and none "
            f"that digbot made. Name an empty database."
        )


def _found(connection: Connection) -> set[str]:
    if not inspect(connection).has_table(_versions.name):
        return set()
    return set(connection.execute(select(_versions.c.version_num)).scalars())


def _of(branch: Branch, found: set[str]) -> set[str]:
    return {version for version in found if version.rpartition("_")[0] == branch.name}
