"""A task as it is written, which is what rules look at."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.dig.source import KeyPath
from engine.params import Params

# A key path and the mapping that stands there, for each part of a task.
Pieces = tuple[tuple[KeyPath, Params], ...]


class Written(NamedTuple):
    """A task as written: its own keys, without children, and the mappings they come from.

    A `+name` may be a list of mappings that are laid over each other; hence the pieces.
    """

    full_name: str
    key: str  # "+name" as written; empty for a root
    own: Params
    pieces: Pieces
    operators: tuple[str, ...]  # keys that end in ">"
    operator_key: str | None  # `_type`, or the key that ends in ">"; None in a group
    operator: str | None  # its word; None in a group, and where an expression names it
    disabled: bool = False

    @property
    def is_group(self) -> bool:
        return self.operator_key is None

    @property
    def command(self) -> Any:
        """The operator's argument; None when there is none."""
        key = self.operator_key
        return self.own.get("_command" if key == "_type" else key or "")

    def path(self, *steps: str | int) -> KeyPath:
        """The path of a key of this task; without a key, of the task itself."""
        for at, piece in reversed(self.pieces):
            if steps and steps[0] in piece:
                return (*at, *steps)
        return (*self.pieces[0][0], *steps)


def written(
    full_name: str, key: str, own: Params, pieces: Pieces, operators: tuple[str, ...]
) -> Written:
    """A task with these keys: `_type` names the operator, else the first key that ends in ">"."""
    if "_type" in own:
        name = own["_type"]
        word = name if isinstance(name, str) and not templated(name) else None
        return Written(full_name, key, own, pieces, operators, "_type", word)
    if operators:
        first = operators[0]
        return Written(full_name, key, own, pieces, operators, first, first[:-1])
    return Written(full_name, key, own, pieces, (), None, None)


def templated(value: Any) -> bool:
    """True for a text that is evaluated when the task runs, and so is not known before."""
    return isinstance(value, str) and "${" in value
