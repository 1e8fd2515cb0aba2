"""What older versions stored, as they wrote it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from engine.store.database import Database


def fill(url: str, data: dict[str, list[dict[str, Any]]]) -> None:
    """Write the rows as they are: the code of today may not write them any more."""
    database = Database.connect(url)
    with database.transaction() as tx:
        for table, rows in data.items():
            for row in rows:
                values = {
                    name: bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
                    for name, value in row.items()
                }
                names = ", ".join(f'"{name}"' for name in values)
                marks = ", ".join(f":{name}" for name in values)
                tx.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), values)
    database.close()
