"""Which ref updates a repository can take at all, before anything is read from the commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot import comments
from bot.events import BRANCHES, RefUpdate, moved
from bot.git.errors import GitError
from bot.git.tree import Repository, is_ref_name

_USUAL = (f"{BRANCHES}main", f"{BRANCHES}master")


def check(
    repository: Repository,
    refs: Mapping[str, str],
    updates: Sequence[RefUpdate],
    default_branch: str,
) -> dict[str, str]:
    """Ref -> why it cannot move, in a few words. `repository` sees the new objects."""
    refused: dict[str, str] = {}
    for update in updates:
        reason = _reason(repository, refs, update, default_branch)
        if reason:
            refused[update.ref] = reason
    taken = moved(refs, [update for update in updates if update.ref not in refused])
    for update in updates:
        if update.new is None or update.ref in refused:
            continue
        if other := _in_the_way(update.ref, taken):
            refused[update.ref] = comments.name_in_the_way(other)
    return refused


def choose_default_branch(
    refs: Mapping[str, str], updates: Sequence[RefUpdate], current: str
) -> str:
    """The first branch pushed becomes the default; of several `main` or `master`, else the first."""
    if any(ref.startswith(BRANCHES) for ref in refs):
        return current
    pushed = [u.ref for u in updates if u.new is not None and u.ref.startswith(BRANCHES)]
    usual = [ref for ref in _USUAL if ref in pushed]
    return next(iter([*usual, *pushed]), current)


def _reason(
    repository: Repository, refs: Mapping[str, str], update: RefUpdate, default_branch: str
) -> str | None:
    if not is_ref_name(update.ref):
        return comments.FUNNY_NAME
    if refs.get(update.ref) != update.old:
        return comments.FETCH_FIRST
    if update.new is None:
        return comments.DEFAULT_BRANCH if update.ref == default_branch else None
    try:
        if update.ref.startswith(BRANCHES):
            found = repository.commit(update.new)
            return None if found.id == update.new else comments.not_a_commit("not a commit")
    except GitError as error:
        return comments.not_a_commit(str(error))
    return None if repository.has(update.new) else comments.not_a_commit("no such object")


def _in_the_way(ref: str, refs: Mapping[str, str]) -> str | None:
    """A ref cannot be a folder of refs: `a` and `a/b` exclude each other."""
    parts = ref.split("/")
    above = ["/".join(parts[:i]) for i in range(1, len(parts))]
    below = (other for other in refs if other.startswith(f"{ref}/"))
    return next((other for other in above if other in refs), None) or next(below, None)
