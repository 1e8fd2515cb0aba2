"""What can go wrong between a client and a server."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import EngineError

# cli.md §1: how an answer that is no success is introduced.
_INTRODUCTIONS = {
    404: "Resource not found: ",
    409: "Request conflicted: ",
    422: "Invalid option: ",
}


class ClientError(EngineError):
    """The server could not be asked."""


class Unreachable(ClientError):
    """No server answers at the endpoint."""


class Refused(ClientError):
    """The server answered with an error. `status` is HTTP's, `body` the text of the answer."""

    def __init__(self, status: int, body: str) -> None:
        introduction = _INTRODUCTIONS.get(status, f"Status code {status}: ")
        super().__init__(introduction + (body.strip() or "no further explanation"))
        self.status = status
        self.body = body

    def document(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None
