"""What `py>` tasks print."""

from __future__ import annotations

from engine.testing import Ran


def printed(ran: Ran) -> list[str]:
    """The lines of the log that are no lines of the engine."""
    return [line for line in ran.log.splitlines() if "digbot:" not in line]
