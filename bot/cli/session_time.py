"""`--session`: a word or a local time becomes the session time of a workflow (cli.md §7, start)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.cli.base import WrongUsage

if TYPE_CHECKING:
    from bot.client.api import Client

_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?")
_MODES = {"hourly": "hour", "daily": "day"}
EXPECTED = 'hourly, daily, now, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS"'


def resolve(client: Client, workflow_id: str, text: str, now: datetime) -> str:
    """The session time, as the API takes it. The server knows the workflow's timezone."""
    if text == "now":
        return instant(now)
    if text in _MODES:
        return client.truncate(workflow_id, instant(now), _MODES[text])
    return client.truncate(workflow_id, local_time(text))


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def local_time(text: str) -> str:
    """As `written`. Raises `WrongUsage`."""
    found = written(text)
    if found is None:
        raise WrongUsage(f"--session must be {EXPECTED} format: {text}")
    return found


def written(text: str) -> str | None:
    """`2024-01-02` or `2024-01-02 03:04:05` as the API reads it, None for anything else."""
    found = _LOCAL.fullmatch(text.strip())
    return f"{found[1]}T{found[2] or '00:00:00'}" if found else None
