"""The project in a folder: which files an upload holds, and their archive (cli.md §7, push)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.base import CommandFailed, Parser
from bot.cli.output import say

if TYPE_CHECKING:
    from engine.files.archive import Entry

DIG = ".dig"


def add_project(parser: Parser) -> None:
    parser.add_argument("--project", metavar="DIR", default=".", help="the project's folder (.)")
    parser.add_argument(
        "--copy-outgoing-symlinks",
        action="store_true",
        help="pack what links out of the folder point to",
    )


def workflow_files(folder: Path) -> list[str]:
    """The `.dig` files directly in the folder."""
    if not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir() if entry.is_file())
    return sorted(name for name in names if name.endswith(DIG) and not name.startswith("."))


def pack(folder: Path, *, copy_outgoing: bool, report: Callable[[str], None]) -> bytes:
    """A tar.gz of the project, after its workflows were read without errors.

    `report` is called with each path. Raises `CommandFailed`.
    """
    from engine.files.archive import pack as pack_entries

    if not folder.is_dir():
        raise CommandFailed(f"Project directory '{folder}' does not exist")
    _check(folder)
    return pack_entries(_entries(folder.resolve(), copy_outgoing=copy_outgoing, report=report))


def _check(folder: Path) -> None:
    """What the server would refuse is said here, with the place of each mistake."""
    from engine.dig.problem import to_text
    from engine.dig.project import load
    from engine.dig.source import FolderFiles
    from engine.operators.registry import catalog

    files = FolderFiles(folder)
    loaded = load(files, catalog=catalog(), strict=False)
    if loaded.errors:
        raise CommandFailed(f"Validating project failed\n{to_text(loaded.errors, files)}")


def _entries(root: Path, *, copy_outgoing: bool, report: Callable[[str], None]) -> Iterator[Entry]:
    from engine.dig.source import visible_paths

    for path in visible_paths(_Folder(root)):
        report(path)
        yield _entry(root, path, copy_outgoing=copy_outgoing)


class _Folder:
    """All files below a folder, links to folders as what they are."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def paths(self) -> list[str]:
        return sorted(self._walk(self._root))

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def _walk(self, folder: Path) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(Path(entry.path))
                elif entry.is_symlink() or entry.is_file():
                    yield Path(entry.path).relative_to(self._root).as_posix()


def _entry(root: Path, path: str, *, copy_outgoing: bool) -> Entry:
    from engine.files.archive import Entry

    full = root / path
    if full.is_symlink():
        target = Path(os.path.realpath(full))  # Path.resolve raises for a link to itself
        if target.is_relative_to(root):
            return Entry(path, link=os.path.relpath(target, full.parent.resolve()))
        if not copy_outgoing:
            raise CommandFailed(
                f"Invalid symbolic link: Given path '{target}' is outside of project directory "
                f"'{root}'. Consider to add --copy-outgoing-symlinks option"
            )
    return Entry(path, full.stat().st_mode & 0o777, full.read_bytes())


def show_workflows(folder: Path) -> None:
    found = workflow_files(folder)
    if not found:
        say("WARNING: This project doesn't include workflows. Usually, this is a mistake.")
        say("         Please make sure that all *.dig files are on the top directory.")
        say("         It is not in subdirectories.")
        return
    say("Workflows:")
    for name in found:
        say(f"  {name}")
