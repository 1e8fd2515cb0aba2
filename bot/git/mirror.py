"""Follow a repository that lives elsewhere, in a bare copy of all its branches and tags. The door to dulwich's client."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.events import BRANCHES, TAGS
from bot.git.address import public
from bot.git.errors import FetchFailed, GitError, UnsupportedFormat
from bot.git.tree import Repository

_TIMEOUT = b"60"  # seconds without an answer
# Nobody is there to answer a question.
_SSH = b"ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=20"


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
        with Repo(str(path)) as repo, closing(_Connections(client)):
            result = client.fetch(
                remote_path,
                repo,
                determine_wants=lambda refs, depth=None: _wants(refs, repo),  # noqa: ARG005
            )
    except GitError:
        raise
    except Exception as error:  # of the network, of dulwich, of ssh
        raise FetchFailed(f"{public(url)} cannot be fetched: {_reason(error, url)}") from error
    return Remote(_followed(result.refs), _head(result))


def _client(url: str) -> tuple[Any, str]:
    """The settings of the user who runs the server count: proxies, certificates, ssh, insteadOf."""
    from dulwich.client import get_transport_and_path
    from dulwich.config import ConfigFile, StackedConfig

    ours = ConfigFile()
    ours.set((b"http",), b"timeout", _TIMEOUT)
    ours.set((b"core",), b"sshCommand", _SSH)
    config = StackedConfig([*StackedConfig.default_backends(), ours])
    ssh = os.environ.get("GIT_SSH_COMMAND")
    return get_transport_and_path(url, config=config, ssh_command=ssh)


class _Connections:
    """Those of HTTP, which dulwich leaves open: to be used again, or because it gave up halfway."""

    def __init__(self, client: Any) -> None:
        self._pool = getattr(client, "pool_manager", None)
        self._answers: list[Any] = []
        if self._pool is not None:
            self._open = self._pool.urlopen
            self._pool.urlopen = self._remember

    def _remember(self, *arguments: Any, **more: Any) -> Any:
        answer = self._open(*arguments, **more)
        self._answers.append(answer)
        return answer

    def close(self) -> None:
        for answer in self._answers:
            answer.close()
        if self._pool is not None:
            self._pool.clear()


# What dulwich says with the class alone.
_REASONS = {
    "NotGitRepository": "there is no git repository",
    "HTTPUnauthorized": "a user name and password are needed, or those given are wrong",
    "HangupException": "the other side ended the connection",
}
# How urllib3 begins what it says; the address stands before it anyway.
_CONNECTION = re.compile(r"^HTTPS?Connection\([^)]*\): ")


def _reason(error: Exception, url: str) -> str:
    """One line, without the password that the address may hold."""
    name = type(error).__name__
    cause = getattr(error.__context__, "reason", None) or error  # why urllib3 gave up
    text = _REASONS.get(name) or " ".join(_CONNECTION.sub("", str(cause)).split()) or name
    return text.replace(url, public(url))


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
