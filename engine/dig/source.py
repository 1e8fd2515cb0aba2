"""Where text comes from: the files of a project, places in them, and the line to show."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from engine.workflow import Position

KeyPath = tuple[str | int, ...]

# A place in a file: (file, line and column of the key, line and column of the value, the places
# inside). Counted from 0. A plain tuple, since one is made for every entry of every file.
Spot = tuple[str, int, int, int, int, "Inner"]
Inner = dict[str, Spot] | list[Spot] | None

IGNORE_FILE = ".digdagignore"


class Files(Protocol):
    """The files of one project, wherever they are: a folder, an archive, a git tree."""

    def paths(self) -> Iterable[str]:
        """Regular files, "/"-separated, relative to the project, sorted."""

    def read(self, path: str) -> bytes:
        """The content. Raises `FileNotFoundError` for anything that is no file of the project."""


class MemoryFiles:
    """Files given as a mapping of path to text or bytes."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = {
            path: text.encode() if isinstance(text, str) else text for path, text in files.items()
        }

    def paths(self) -> list[str]:
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        try:
            return self._files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


class FolderFiles:
    """Files of a folder on disk: what a push would send (language.md §1.3).

    Names that start with a dot and what `.digdagignore` matches are left out, links to folders are
    not followed, and a link that leads out of the folder cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._ignored = _ignore_matcher(self._read_ignore_file())
        self._plain: set[str] = set()  # known to be no links

    def paths(self) -> list[str]:
        return sorted(path for path in self._walk(self._root, "") if not self._ignored(path))

    def read(self, path: str) -> bytes:
        name = os.path.join(self._root, path)
        if path not in self._plain:
            name = self._followed(path, name)
        with open(name, "rb") as file:
            return file.read()

    def _followed(self, path: str, name: str) -> str:
        if hidden(path) or self._ignored(path):
            raise FileNotFoundError(path)
        name = os.path.realpath(name)
        if not name.startswith(self._root.rstrip(os.sep) + os.sep):
            raise FileNotFoundError(f"{path} leads out of the project")
        if os.path.isdir(name):
            raise IsADirectoryError(path)
        if not os.path.isfile(name):  # a pipe would be waited for
            raise FileNotFoundError(path)
        return name

    def _walk(self, folder: str, prefix: str) -> Iterator[str]:
        try:
            entries = os.scandir(folder)
        except PermissionError:
            if prefix:
                return  # what cannot be read cannot be pushed either
            raise
        with entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(entry.path, f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    if not self._ignored(path := prefix + entry.name):
                        self._plain.add(path)
                        yield path
                elif entry.is_symlink() and not os.path.isdir(entry.path):
                    yield prefix + entry.name

    def _read_ignore_file(self) -> bytes | None:
        try:
            with open(os.path.join(self._root, IGNORE_FILE), "rb") as file:
                return file.read()
        except (FileNotFoundError, IsADirectoryError):
            return None


def hidden(path: str) -> bool:
    """True when a part of the path starts with a dot, or the path leaves the project."""
    return path.startswith((".", "/")) or "/." in path


def visible_paths(files: Files) -> list[str]:
    """The paths that count as the project's: no dotfiles, nothing that `.digdagignore` matches."""
    try:
        patterns: bytes | None = files.read(IGNORE_FILE)
    except OSError:
        patterns = None
    ignored = _ignore_matcher(patterns)
    return [path for path in files.paths() if not hidden(path) and not ignored(path)]


def _ignore_matcher(patterns: bytes | None) -> Callable[[str], bool]:
    if not patterns:
        return lambda _path: False
    from pathspec import GitIgnoreSpec

    lines = patterns.decode("utf-8", "replace").splitlines()
    return GitIgnoreSpec.from_lines(lines).match_file


def inside(folder: str, path: str) -> str | None:
    """`path` seen from `folder`, normalised; None when it leaves the folder. Compares components."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if posixpath.isabs(joined) or joined.split("/")[0] == "..":
        return None
    if folder and joined.split("/")[: folder.count("/") + 1] != folder.split("/"):
        return None
    return joined


def locate(spot: Spot, path: KeyPath, *, value: bool = False) -> Position:
    """The place of the key that `path` leads to, or of its value.

    Where the path goes further than the text (a default, a generated task), it is the place of the
    last step that was written.
    """
    for step in path:
        inner = spot[5]
        try:
            spot = inner[step]  # type: ignore[index]
        except (TypeError, LookupError):
            break
    line, column = (spot[3], spot[4]) if value else (spot[1], spot[2])
    return Position(spot[0], line + 1, column + 1)
