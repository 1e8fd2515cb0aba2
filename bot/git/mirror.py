"""Follow a repository that lives elsewhere, in a bare copy of all its branches and tags. The door to dulwich's client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bot.events import BRANCHES, TAGS
from bot.git.errors import FetchFailed, GitError, UnsupportedFormat
from bot.git.tree import Repository

SCHEMES = ("https", "http", "ssh", "git+ssh", "git", "file")
_SCP = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s]+")  # git@host:path
_TIMEOUT = 60.0  # seconds without an answer


@dataclass(frozen=True, slots=True)
class Remote:
    """What a remote has. `default_branch` is a full name, None when it has no commit."""

    refs: Mapping[str, str]
    default_branch: str | None


def check_url(url: str) -> str:
    """The address, when it is one that git knows. Raises `GitError`."""
    scheme = urlsplit(url).scheme if "://" in url else ""
    if url.startswith("-") or any(not char.isprintable() for char in url):
        raise GitError(f"{url!r} is not the address of a repository")
    if scheme in SCHEMES or (not scheme and _SCP.fullmatch(url)):
        return url
    if not scheme and Path(url).is_dir():
        return str(Path(url).absolute())
    raise GitError(
        f"{public(url)!r} is not the address of a repository: expected https://…, ssh://…, "
        "git@HOST:PATH, file://… or a folder"
    )


def public(url: str) -> str:
    """The address without the password in it."""
    try:
        parts = urlsplit(url)
        if not parts.password:
            return url
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))
    except ValueError:
        return url


def name_of(url: str) -> str:
    """The name that people give the repository: the last part of its address."""
    last = re.split(r"[/:\\]", url.rstrip("/"))[-1]
    return last.removesuffix(".git")


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
