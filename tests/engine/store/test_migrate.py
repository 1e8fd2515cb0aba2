"""A database of an older version, with data in it, is brought up to date."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engine.errors import EngineError
from engine.store.database import ENGINE, Database
from engine.store.migrate import config, upgrade
from tests.support.branch import DANGLING, FAILING, SECOND, Toys


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toys:
    return Toys(tmp_path, monkeypatch)


@pytest.fixture
def filled(url: str, toys: Toys) -> str:
    """The address of a database at version 1, with a toy in a box."""
    database = Database.open(url, branches=[toys.branch])
    with database.transaction() as tx:
        tx.execute(text("INSERT INTO boxes VALUES (1)"))
        tx.execute(text("INSERT INTO toys VALUES (7, 1)"))
    database.close()
    return url


def state(url: str) -> tuple[str, list[tuple[object, ...]], list[tuple[object, ...]]]:
    database = Database.connect(url)
    with database.read() as tx:
        version = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        boxes = [tuple(row) for row in tx.execute(text("SELECT * FROM boxes"))]
        toys = [tuple(row) for row in tx.execute(text("SELECT * FROM toys"))]
    database.close()
    return version, boxes, toys


def test_opening_an_older_database_migrates_it_and_keeps_its_rows(filled: str, toys: Toys) -> None:
    branch = toys.later(SECOND)
    Database.open(filled, branches=[branch]).close()
    assert state(filled) == ("toys_0002", [(1, "red")], [(7, 1)])
    Database.open(filled, branches=[branch], migrate=False).close()


def test_other_branches_stay_as_they_are(sqlite_url: str, toys: Toys) -> None:
    Database.open(sqlite_url, branches=[ENGINE, toys.branch]).close()
    database = Database.open(sqlite_url, branches=[ENGINE, toys.later(SECOND)])
    with database.read() as tx:
        found = tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    database.close()
    assert set(found) == {ENGINE.revisions[-1], "toys_0002"}


def test_a_migration_that_fails_changes_nothing_and_says_why(filled: str, toys: Toys) -> None:
    with pytest.raises(EngineError) as caught:
        Database.open(filled, branches=[toys.later(FAILING)])
    assert state(filled) == ("toys_0001", [(1,)], [(7, 1)])
    message = str(caught.value)
    assert message.startswith("The database could not be brought up to date; nothing was changed.")
    assert "nowhere" in message
    assert "Traceback" not in message


def test_a_migration_that_breaks_a_reference_is_undone(filled: str, toys: Toys) -> None:
    branch = toys.later(DANGLING)
    with pytest.raises((EngineError, IntegrityError), match="boxes"):
        upgrade(filled, [branch])
    assert state(filled) == ("toys_0001", [(1,)], [(7, 1)])


def test_a_server_never_carries_alembic(sqlite_url: str) -> None:
    code = (
        "import json, sys\n"
        "from engine.store.database import Database\n"
        f"Database.open({sqlite_url!r}).close()\n"
        "print(json.dumps(sorted(name for name in sys.modules if 'alembic' in name)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_file_names_and_revisions_agree() -> None:
    """`Branch.revisions` reads file names only; Alembic must see the same line."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config([ENGINE]))
    line = [script.revision for script in scripts.walk_revisions()]
    assert list(reversed(line)) == ENGINE.revisions
    assert scripts.get_revision("engine@head").revision == ENGINE.revisions[-1]
