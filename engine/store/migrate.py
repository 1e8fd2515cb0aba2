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

from sqlalchemy import MetaData
from sqlalchemy.engine import URL

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


def upgrade(url: str, branches: Sequence[Branch]) -> None:
    """What the child does: all migrations in one transaction."""
    from alembic import command

    from engine.store.database import Database

    database = Database.connect(url)
    try:
        with database.transaction() as tx:
            database.lock_schema(tx)
            configuration = config(branches)
            configuration.attributes["connection"] = tx.connection
            command.upgrade(configuration, "heads")
    finally:
        database.close()


def config(branches: Sequence[Branch]) -> Config:
    """Alembic's configuration, as its ini file would say it."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", "engine.store:migrations")
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", "\n".join(str(branch.folder) for branch in branches))
    return made


def _main(job: dict[str, Any]) -> None:
    branches = [Branch(name, MetaData(), place) for name, place in job["branches"].items()]
    upgrade(job["url"], branches)


if __name__ == "__main__":
    _main(json.load(sys.stdin))
