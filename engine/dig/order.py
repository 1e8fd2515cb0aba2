"""Which sibling waits for which: `_parallel`, `_background`, `_after` (language.md §8).

_parallel: absent or false   each child waits for the one before it, and the background ones
_parallel: true              children wait only for what `_after` names
_parallel: {limit: N}        the same, and at most N are under way at once (decisions.md); the
                             upstreams that are shown stay Digdag's: the chunk before
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from engine.dig.problem import shown
from engine.dig.suggest import did_you_mean
from engine.errors import ConfigError
from engine.params import Params
from engine.typed import as_bool, as_int

RULE = "order"

Indexes = tuple[int, ...]
Complain = Callable[[str, str], None]  # key, message


class Order(Protocol):
    """Told of each child in turn, answers whom it waits for: (upstreams as shown, real ones)."""

    window: int

    def join(
        self, key: str, own: Params, index: int, complain: Complain
    ) -> tuple[Indexes, Indexes]: ...


def order_of(own: Params, complain: Complain) -> Order:
    """The order of a group's children, from the group's own keys."""
    if "_parallel" not in own:
        return Sequential()
    try:
        parallel, limit = _parallel(own["_parallel"])
    except ConfigError as error:
        complain("_parallel", str(error))
        return Sequential()
    return Parallel(limit) if parallel else Sequential()


def _parallel(value: Any) -> tuple[bool, int]:
    if isinstance(value, bool | str):
        return as_bool({"_parallel": value}, "_parallel"), 0
    if isinstance(value, dict):
        return True, max(0, as_int(value, "limit"))
    raise ConfigError(
        f"Invalid _parallel format: {shown(value)}; expected true, false or {{limit: N}}"
    )


class Sequential:
    window = 0

    def __init__(self) -> None:
        self._before: list[int] = []

    def join(
        self,
        key: str,  # noqa: ARG002 (names matter to `_after` alone)
        own: Params,
        index: int,
        complain: Complain,
    ) -> tuple[Indexes, Indexes]:
        if "_after" in own:
            message = "'_after' needs '_parallel: true' in the group; here every task waits anyway"
            complain("_after", message)
        if "_background" in own and _background(own, complain):
            self._before.append(index)
            return (), ()
        upstreams = tuple(self._before)
        self._before = [index]
        return upstreams, upstreams


class Parallel:
    def __init__(self, limit: int) -> None:
        self.window = limit
        self._earlier: dict[str, int] = {}
        self._chunk: list[int] = []
        self._chunk_before: tuple[int, ...] = ()

    def join(
        self, key: str, own: Params, index: int, complain: Complain
    ) -> tuple[Indexes, Indexes]:
        if "_background" in own and _background(own, complain):
            message = "'_background: true' is not needed: '_parallel' is set in the group"
            complain("_background", message)
        waits = self._after(own, complain) if "_after" in own else ()
        self._earlier[key] = index
        if not self.window:
            return waits, waits
        if len(self._chunk) == self.window:
            self._chunk_before, self._chunk = tuple(self._chunk), []
        self._chunk.append(index)
        return tuple(sorted({*self._chunk_before, *waits})), waits

    def _after(self, own: Params, complain: Complain) -> Indexes:
        names = own["_after"]
        if not isinstance(names, list):
            found = "nothing" if names is None else shown(names)
            complain("_after", f"'_after' takes a list such as [+a, +b], found {found}")
            return ()
        found_at = []
        for name in names:
            if isinstance(name, str) and name in self._earlier:
                found_at.append(self._earlier[name])
            else:
                near = did_you_mean(name, self._earlier) if isinstance(name, str) else ""
                message = f"Dependency task {shown(name)} does not exist before this one{near}"
                complain("_after", message)
        return tuple(sorted(set(found_at)))


def _background(own: Params, complain: Complain) -> bool:
    try:
        return as_bool(own, "_background", False)
    except ConfigError as error:
        complain("_background", str(error))
        return False
