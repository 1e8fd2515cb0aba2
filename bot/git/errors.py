"""What can go wrong with a repository. The docstring is the default message."""

from __future__ import annotations


class GitError(Exception):
    """The repository cannot be used."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NoSuchRepository(GitError):
    """There is no such repository."""


class BadRepositoryName(GitError):
    """The name cannot be a repository's."""


class UnsupportedFormat(GitError):
    """The repository uses SHA-256 object names; digbot reads SHA-1 repositories only."""


class RefMoved(GitError):
    """A ref was moved by somebody else meanwhile."""


class BadPack(GitError):
    """The objects that were sent cannot be used."""


class FetchFailed(GitError):
    """The remote could not be fetched."""


class Conflicts(GitError):
    """The two commits cannot be merged without a decision of a person."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        super().__init__(f"conflict in {', '.join(paths[:3])}" if paths else "conflict")
