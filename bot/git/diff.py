"""Paths that differ between two trees."""

from __future__ import annotations

from bot.git.tree import Entry, Repository


def changed_paths(repository: Repository, old: str | None, new: str | None) -> dict[str, str]:
    """Path -> `+` added, `-` removed or `~` changed; folders that are equal are not opened."""
    found: dict[str, str] = {}
    _compare(repository, old, new, "", found)
    return found


def _compare(
    repository: Repository, old: str | None, new: str | None, prefix: str, found: dict[str, str]
) -> None:
    if old == new:
        return
    before = _by_name(repository, old)
    after = _by_name(repository, new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        was_tree = was.id if was and was.kind == "tree" else None
        now_tree = now.id if now and now.kind == "tree" else None
        if was_tree or now_tree:
            _compare(repository, was_tree, now_tree, f"{prefix}{name}/", found)
        was_file = was is not None and was_tree is None
        now_file = now is not None and now_tree is None
        if was_file or now_file:
            found[f"{prefix}{name}"] = "~" if was_file and now_file else "-" if was_file else "+"


def _by_name(repository: Repository, tree: str | None) -> dict[str, Entry]:
    return {entry.name: entry for entry in repository.entries(tree)} if tree else {}
