"""Follow a repository that lives elsewhere, in a bare copy of all its branches and tags. The door to dulwich's client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.events import BRANCHES, TAGS
from bot.git.address import public
from bot.git.errors import FetchFailed, GitError, UnsupportedFormat
from bot.git.tree import Repository

_TIMEOUT = 60.0  # seconds without an answer


@dataclass(frozen=True, slots=True)
class Remote:
    """What a remote has. `default_branch` is a full name, None when it has no commit."""

    refs: Mapping[str, str]
    default_branch: str | None


def fetch(url: str, path: Path) -> Remote:
    """Bring all branches and tags of the remote, with their objects; no ref of the copy moves.

    Raises `FetchFailed` with a sentence, `UnsupportedFormat`.
    """
    from dulwich.repo import Repo

    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        Repository.create(path)
    try:
        client, remote_path = _client(url)
        with Repo(str(path)) as repo:
            result = client.fetch(
                remote_path, repo, determine_wants=lambda refs, **_: _wants(refs, repo)
            )
    except GitError:
        raise
    except Exception as error:  # of the network, of dulwich, of ssh
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FetchFailed(
            f"{public(url)} cannot be fetched: {reason.replace(url, public(url))}"
        ) from error
    return Remote(_followed(result.refs), _head(result))


def _client(url: str) -> tuple[Any, str]:
    from dulwich.client import get_transport_and_path
    from dulwich.config import StackedConfig

    client, path = get_transport_and_path(url, config=StackedConfig.default())
    if hasattr(client, "_timeout"):
        client._timeout = _TIMEOUT
    return client, path


def _wants(refs: Mapping[bytes, bytes | None], repo: Any) -> list[bytes]:
    wanted = _followed(refs)
    if any(len(target) != 40 for target in wanted.values()):
        raise UnsupportedFormat
    return [t.encode() for t in sorted(set(wanted.values())) if t.encode() not in repo.object_store]


def _followed(refs: Mapping[bytes, bytes | None]) -> dict[str, str]:
    """Branches and tags; not what forges add, nor the peeled tags."""
    found = {}
    for ref, target in refs.items():
        name = ref.decode("utf-8", "replace")
        if target is not None and name.startswith((BRANCHES, TAGS)) and not name.endswith("^{}"):
            found[name] = target.decode()
    return found


def _head(result: Any) -> str | None:
    head = result.symrefs.get(b"HEAD")
    if head is not None:
        return str(head.decode("utf-8", "replace"))
    target = result.refs.get(b"HEAD")
    same = [ref for ref, found in result.refs.items() if found == target and ref != b"HEAD"]
    usual = [ref for ref in (b"refs/heads/main", b"refs/heads/master") if ref in same]
    return next((str(ref.decode()) for ref in [*usual, *sorted(same)]), None)
