"""What happened to a repository, in our own words, whoever told us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref that moves from one object to another; None stands for "does not exist".

    `ref` is the full name (`refs/heads/main`), ids are 40 hexadecimal digits.
    """

    ref: str
    old: str | None
    new: str | None

    @property
    def short(self) -> str:
        return short_ref(self.ref)


def short_ref(ref: str) -> str:
    """`main` for `refs/heads/main`, `v1` for `refs/tags/v1`, others as they are."""
    for prefix in (BRANCHES, TAGS):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref


def moved(refs: Mapping[str, str], updates: Sequence[RefUpdate]) -> dict[str, str]:
    """The refs as they are after the updates."""
    after = dict(refs)
    for update in updates:
        if update.new is None:
            after.pop(update.ref, None)
        else:
            after[update.ref] = update.new
    return after


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> list[RefUpdate]:
    """The updates that lead from one set of refs to the other, by name."""
    return [
        RefUpdate(ref, before.get(ref), after.get(ref))
        for ref in sorted(before.keys() | after.keys())
        if before.get(ref) != after.get(ref)
    ]
