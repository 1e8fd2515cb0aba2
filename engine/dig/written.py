"""A task as it is written, which is what rules look at."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.dig.source import KeyPath
from engine.model import Params

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
    disabled: bool = False

    @property
    def is_group(self) -> bool:
        return not self.operators and "_type" not in self.own

    @property
    def operator_key(self) -> str | None:
        """`_type`, or the key that ends in ">"; None in a group."""
        if "_type" in self.own:
            return "_type"
        return self.operators[0] if self.operators else None

    @property
    def operator(self) -> str | None:
        """The word that names the operator; None in a group, and where an expression names it."""
        key = self.operator_key
        name = self.own["_type"] if key == "_type" else key and key[:-1]
        return name if isinstance(name, str) and not templated(name) else None

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


def templated(value: Any) -> bool:
    """True for a text that is evaluated when the task runs, and so is not known before."""
    return isinstance(value, str) and "${" in value
