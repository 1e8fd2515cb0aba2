"""Keep the number of packs small: each push and each fetch adds one, and every lookup may ask them all."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from bot.git.tree import Repository

MOST_PACKS = 50
# A clone under way may still open a pack that was listed when it began.
GRACE = 3600.0  # seconds

_SUPERSEDED = "superseded.json"


def maintain(path: Path, *, now: float | None = None) -> bool:
    """Put all packs into one when there are many; the old ones go a while later. True when it did.

    The caller keeps other writers out.
    """
    folder = path / "objects" / "pack"
    note = folder / _SUPERSEDED
    if note.exists():
        return _remove(folder, note, time.time() if now is None else now)
    if sum(1 for _ in folder.glob("pack-*.pack")) <= MOST_PACKS:
        return False
    Repository(path).pack()
    # An index has a row for each object: the longest is that of the pack with all of them.
    indexes = sorted(folder.glob("pack-*.idx"), key=lambda index: index.stat().st_size)
    partial = note.with_suffix(".new")
    partial.write_text(json.dumps([index.stem for index in indexes[:-1]]), encoding="utf-8")
    os.replace(partial, note)
    return True


def _remove(folder: Path, note: Path, now: float) -> bool:
    if now - note.stat().st_mtime < GRACE:
        return False
    for name in json.loads(note.read_text(encoding="utf-8")):
        # The index first: without it the pack is not looked for.
        for suffix in (".idx", ".pack"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    note.unlink()
    return True
