"""The files of a project as one commit has them, read from git objects; nothing is checked out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.git.tree import Entry, Repository
from engine.dig.problem import Problem, Severity, shown
from engine.dig.source import IGNORE_FILE, hidden, visible_paths
from engine.workflow import Position

SETTINGS_FILE = "digbot.yml"
PROJECT_BYTES = 100 * 1024 * 1024  # all files of one project (decisions.md)
PROJECT_FILES = 50_000  # far above what people keep; a workspace has to be made of them
_LINK_HOPS = 40  # as many as Linux follows
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_BYTES = 1024  # a pointer is a little text (git-lfs: docs/spec.md)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a project. For a symlink `link` is its text, and `blob` holds just that."""

    path: str
    blob: str
    size: int
    executable: bool = False
    link: str | None = None


class Snapshot:
    """The project's files as `engine.dig.source.Files`, and what is wrong with them as files.

    Dotfiles, ignored files and `digbot.yml` do not count (decisions.md, "Canonical content").
    `problems` name files relative to the project's folder.
    """

    def __init__(
        self, repository: Repository, tree: str | None, ignore: Sequence[str] = ()
    ) -> None:
        self._repository = repository
        self.tree = tree
        listing = dict(repository.walk(tree)) if tree else {}
        counted = _counted(repository, listing, ignore)
        self.files = _files(repository, listing, counted)
        self._links = {path: f.link for path, f in self.files.items() if f.link is not None}
        self.problems = tuple(sorted(self._problems(listing, counted)))

    def paths(self) -> list[str]:
        """Regular files, and links that lead to one."""
        return [path for path in self.files if self._find(path) is not None]

    def read(self, path: str) -> bytes:
        file = self._find(path)
        if file is None:
            raise FileNotFoundError(path)
        return self.content(file)

    def content(self, file: File) -> bytes:
        return self._repository.read(file.blob)

    def _find(self, path: str) -> File | None:
        """The regular file that a path means."""
        file = self.files.get(self._real(path) or "")
        return file if file is not None and file.link is None else None

    def _real(self, path: str) -> str | None:
        return resolve(path, self._links) if self._links else path

    def _problems(self, listing: Mapping[str, Entry], counted: set[str]) -> Iterable[Problem]:
        for path in sorted(counted):
            yield from self._file_problems(path, listing[path])
        yield from _limits(self.files.values())

    def _file_problems(self, path: str, entry: Entry) -> Iterable[Problem]:
        if _unsafe(path):
            yield _error("file-name", f"{shown(path)} cannot be the name of a file", path)
        elif entry.kind == "submodule":
            message = "a submodule is not fetched, its files are not part of the project"
            yield _warning("submodule", message, path)
        elif entry.kind == "link" and self._leaves(path):
            message = (
                f"the symbolic link leaves the project: it points to {shown(self._links[path])}"
            )
            yield _error("symlink", message, path)
        elif self._is_lfs_pointer(path):
            message = "a Git LFS pointer: the file that it stands for is not fetched"
            yield _warning("lfs", message, path)

    def _leaves(self, path: str) -> bool:
        """By its text alone, or when the links on its way are followed: either can be a way out."""
        alone = {path: self._links[path]}
        return resolve(path, alone) is None or resolve(path, self._links) is None

    def _is_lfs_pointer(self, path: str) -> bool:
        file = self.files[path]
        small = file.link is None and len(_LFS_POINTER) < file.size < _LFS_POINTER_BYTES
        return small and self._repository.read(file.blob).startswith(_LFS_POINTER)


def resolve(path: str, links: Mapping[str, str]) -> str | None:
    """Where a path leads when every link on the way is followed; None outside of the project.

    Followed part by part as a file system does it: `d -> .` makes `d/..` a way out, which the text
    alone does not show. A circle of links leads to itself: broken, but not outside.
    """
    done: list[str] = []
    left = path.split("/")[::-1]
    hops = 0
    while left:
        part = left.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        done.append(part)
        link = links.get("/".join(done))
        if link is None:
            continue
        hops += 1
        if hops > _LINK_HOPS:
            return path
        if posixpath.isabs(link):
            return None
        done.pop()
        left.extend(link.split("/")[::-1])
    return "/".join(done)


class _Listing:
    """What is needed to find the files that count: all names, and the patterns of both kinds."""

    def __init__(self, paths: Iterable[str], patterns: bytes) -> None:
        self._paths = paths
        self._patterns = patterns

    def paths(self) -> Iterable[str]:
        return self._paths

    def read(self, path: str) -> bytes:
        if path != IGNORE_FILE:
            raise FileNotFoundError(path)
        return self._patterns


def _counted(
    repository: Repository, listing: Mapping[str, Entry], ignore: Sequence[str]
) -> set[str]:
    patterns = "\n".join(ignore).encode()
    own = listing.get(IGNORE_FILE)
    if own is not None and own.kind == "blob":
        patterns = repository.read(own.id) + b"\n" + patterns
    paths = [path for path in listing if path != SETTINGS_FILE and not hidden(path)]
    return set(visible_paths(_Listing(paths, patterns)))


def _files(
    repository: Repository, listing: Mapping[str, Entry], counted: set[str]
) -> dict[str, File]:
    found = {}
    for path in sorted(counted):
        entry = listing[path]
        if entry.kind == "submodule" or _unsafe(path):
            continue
        link = None
        if entry.kind == "link":
            link = repository.read(entry.id).decode("utf-8", "surrogateescape")
        size = repository.size(entry.id)
        found[path] = File(path, entry.id, size, entry.executable, link)
    return found


def _unsafe(path: str) -> bool:
    """A tree that no git client makes, or a name that is no text: neither can be unpacked safely."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
        return True
    return not path.isascii() and any("\ud800" <= char <= "\udfff" for char in path)


def _limits(files: Iterable[File]) -> Iterable[Problem]:
    listed = list(files)
    size = sum(file.size for file in listed)
    if size > PROJECT_BYTES:
        largest = max(listed, key=lambda file: file.size)
        yield _error(
            "project-size",
            f"the project's files have {_mebibytes(size)} MiB together, at most "
            f"{_mebibytes(PROJECT_BYTES)} MiB are allowed; the largest is {shown(largest.path)} "
            f"with {_mebibytes(largest.size)} MiB",
            largest.path,
        )
    if len(listed) > PROJECT_FILES:
        message = f"the project has {len(listed)} files, at most {PROJECT_FILES} are allowed"
        yield _error("project-size", message, None)


def _mebibytes(size: int) -> str:
    return f"{size / (1024 * 1024):.0f}"


def _error(rule: str, message: str, path: str | None) -> Problem:
    position = Position(path, 1, 1) if path is not None else None
    return Problem(rule, Severity.ERROR, message, position)


def _warning(rule: str, message: str, path: str) -> Problem:
    return Problem(rule, Severity.WARNING, message, Position(path, 1, 1))
