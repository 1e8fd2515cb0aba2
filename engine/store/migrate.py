"""Bring an older database up to date with Alembic, without an ini file.

Alembic is only imported here, and this module runs in a process of its own
(`python -m engine.store.migrate`, the task as JSON on standard input), so a server never carries it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import EngineError
from engine.store.versions import Branch

if TYPE_CHECKING:
    from alembic.config import Config


def run_in_child(url: URL, branches: Sequence[Branch]) -> None:
    """Migrate to the newest version of these branches. Raises `EngineError` with what went wrong."""
    job = {
        "url": url.render_as_string(hide_password=False),
        "branches": {branch.name: branch.location for branch in branches},
    }
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(
            f"The database could not be brought up to date; nothing was changed.\n{done.stderr.strip()}"
        )


def upgrade(url: str, branches: Sequence[Branch], target: str = "heads") -> None:
    """What the child does: all migrations in one transaction."""
    from alembic import command

    from engine.store.database import Database

    database = Database.connect(url, migrating=True)
    try:
        with database.transaction() as tx:
            database.lock_schema(tx)
            configuration = config(branches)
            configuration.attributes["connection"] = tx.connection
            command.upgrade(configuration, target)
            if tx.dialect == "sqlite":
                _check_references(tx.connection)
    finally:
        database.close()


def _check_references(connection: Connection) -> None:
    """SQLite did not watch foreign keys meanwhile."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise EngineError(
            f"A row of {broken[0]} would refer to a row of {broken[2]} that is not there"
        )


def config(branches: Sequence[Branch]) -> Config:
    """Alembic's configuration, as its ini file would say it."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", "engine.store:migrations")
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", "\n".join(str(branch.folder) for branch in branches))
    return made


def main(job: dict[str, Any]) -> int:
    """The child: 0, or 1 with a sentence on standard error."""
    branches = [Branch(name, MetaData(), place) for name, place in job["branches"].items()]
    try:
        upgrade(job["url"], branches)
    except (EngineError, SQLAlchemyError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin)))
