"""What operators share in reading their parameters (operators.md §3.2, §3.3)."""

from __future__ import annotations

from typing import Any

from engine.model import Params
from engine.operators.api import TaskRequest
from engine.params import merge
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
