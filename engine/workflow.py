"""A workflow as it was read: places in files, and tasks in a row.

Apart from the nouns of a server (`engine.model`), because `digbot check` needs no more than these, and
every frozen class costs it a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.params import Params


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file of a project. `line` and `column` count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CompiledTask:
    """A node of a compiled workflow, in pre-order; indexes refer to the list it stands in.

    `upstreams` is what Digdag shows; `waits` is what the task really waits for (it differs under
    `_parallel: {limit: N}`, a sliding window here). `window` limits how many children of this task
    are under way at once, 0 for no limit.
    """

    index: int
    parent: int | None
    full_name: str
    is_group: bool
    upstreams: tuple[int, ...]
    waits: tuple[int, ...]
    window: int
    local: Params
    export: Params
