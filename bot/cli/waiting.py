"""`--wait`: stay until the attempt is done, and end as it ended."""

from __future__ import annotations

import time

from bot.cli.base import Parser
from bot.cli.output import hint
from bot.client.api import Client, Json

POLL_SECONDS = (0.2, 5.0)  # Digdag's own server has no route that waits: first and longest pause
WAIT_SECONDS = 25.0


def add_wait(parser: Parser) -> None:
    parser.add_argument(
        "--wait", action="store_true", help="wait until it is done; exit 1 unless it succeeds"
    )


def finish(client: Client, attempt_id: str) -> int:
    """Wait; the exit code."""
    attempt = until_done(client, attempt_id)
    hint(f"Session attempt {attempt_id} ended: {attempt['status']}")
    return 0 if attempt["success"] else 1


def until_done(client: Client, attempt_id: str) -> Json:
    pause, longest = POLL_SECONDS
    while True:
        attempt = client.wait(attempt_id, WAIT_SECONDS)
        if attempt is None:
            attempt = client.attempt(attempt_id)
            if not attempt["done"]:
                time.sleep(pause)
                pause = min(pause * 2, longest)
        if attempt["done"]:
            return attempt
