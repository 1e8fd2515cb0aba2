"""A branch of migrations made up for a test: version 1, and version 2 when the test wants it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

from engine.store.versions import Branch

_HEAD = """\
import sqlalchemy as sa
from alembic import op

revision = "toys_{number}"
down_revision = {before}
branch_labels = {label}
depends_on = None


def upgrade():
{body}
"""

_FIRST = """\
    op.create_table("boxes", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "toys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("box_id", sa.Integer, sa.ForeignKey("boxes.id")),
    )
"""
# SQLite makes a new table, copies the rows, and drops the old one, which `toys` refers to.
SECOND = """\
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("boxes", recreate=recreate) as table:
        table.add_column(sa.Column("color", sa.Text, nullable=False, server_default="red"))
"""
FAILING = """\
    op.add_column("boxes", sa.Column("half", sa.Text))
    op.execute("INSERT INTO nowhere VALUES (1)")
"""
DANGLING = """\
    op.execute("UPDATE toys SET box_id = 99")
"""


class Toys:
    """Tables `boxes` and `toys`; `later` adds a migration."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder / "toyshop" / "versions"
        self._folder.mkdir(parents=True)
        (folder / "toyshop" / "__init__.py").touch()
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", str(folder))  # for the child that migrates
        self._write("0001", "None", '("toys",)', _FIRST)

    @property
    def branch(self) -> Branch:
        return Branch("toys", _metadata(), "toyshop:versions")

    def later(self, body: str) -> Branch:
        self._write("0002", '"toys_0001"', "None", body)
        return self.branch

    def _write(self, number: str, before: str, label: str, body: str) -> None:
        text = _HEAD.format(number=number, before=before, label=label, body=body)
        (self._folder / f"{number}_words.py").write_text(text)


def _metadata() -> MetaData:
    metadata = MetaData()
    Table("boxes", metadata, Column("id", Integer, primary_key=True))
    Table(
        "toys",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("box_id", Integer, ForeignKey("boxes.id")),
    )
    return metadata
