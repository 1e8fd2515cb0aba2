"""What operators share: reading parameters (operators.md §3.2, §3.3), files for commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from engine.operators.api import TaskRequest
from engine.params import Params, merge
from engine.typed import as_map, as_text


def command_text(request: TaskRequest, *, default: str | None = None) -> str:
    """The command as text. Raises `ConfigError` when it is none, or missing without a default."""
    key = f"{request.operator}>"
    params: dict[str, Any] = {} if request.command is None else {key: request.command}
    return as_text(params, key) if default is None else as_text(params, key, default)


def with_defaults(request: TaskRequest) -> Params:
    """The parameters, with the mapping exported under the operator's own name merged below them."""
    defaults = as_map(request.params, request.operator, None)
    return request.params if defaults is None else merge(defaults, request.params)


def write_private(path: Path, text: str) -> None:
    """A new file for the owner only, as there may be secrets in it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "surrogatepass"))
