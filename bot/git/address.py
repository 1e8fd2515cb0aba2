"""Addresses of repositories elsewhere, as text: nothing is opened here."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from bot.git.errors import GitError

SCHEMES = ("https", "http", "ssh", "git+ssh", "git", "file")
_SCP = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s]+")  # git@host:path


def check_url(url: str) -> str:
    """The address, when it is one that git knows. Raises `GitError`."""
    scheme = urlsplit(url).scheme if "://" in url else ""
    if url.startswith("-") or any(not char.isprintable() for char in url):
        raise GitError(f"{url!r} is not the address of a repository")
    if scheme in SCHEMES or (not scheme and _SCP.fullmatch(url)):
        return url
    if url and not scheme and Path(url).is_dir():
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
