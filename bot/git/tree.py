"""Objects and refs of a bare repository, as plain values: the door to libgit2.

Ids are 40 hexadecimal digits. Nothing is ever checked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel, FileMode, ObjectType

from bot.events import BRANCHES, RefUpdate
from bot.git.errors import Conflicts, GitError, NoSuchRepository, RefMoved, UnsupportedFormat

# The repositories are ours: neither who owns the folder nor the settings of the user who runs the
# server may decide how they are read. What was answered to a push must survive a power cut.
pygit2.settings.owner_validation = False
pygit2.settings.enable_fsync_gitdir(True)
for _level in (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM):
    pygit2.settings.search_path[_level] = ""

_HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    tree: str
    parents: tuple[str, ...]
    author: str  # `Name <address>`
    subject: str
    committed_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a tree. `kind`: tree, blob, link (a symlink's text is the blob) or submodule."""

    name: str
    kind: str
    id: str
    executable: bool = False


_KINDS = {
    FileMode.TREE: "tree",
    FileMode.LINK: "link",
    FileMode.COMMIT: "submodule",
}


class Repository:
    """An open bare repository. One thread at a time; opening costs a tenth of a millisecond."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repo = _open(path)

    @classmethod
    def create(cls, path: Path) -> Repository:
        """Make an empty bare repository; its default branch is not born yet. Raises `GitError`."""
        try:
            pygit2.init_repository(str(path), bare=True, initial_head="main")
        except pygit2.GitError as error:
            raise GitError(f"the repository cannot be made: {error}") from error
        return cls(path)

    @classmethod
    def scratch(cls, path: Path, base: Path | None) -> Repository:
        """A repository that sees the objects of `base` and keeps new ones to itself."""
        repository = cls.create(path)
        if base is not None:
            alternates = path / "objects" / "info" / "alternates"
            alternates.write_text(f"{base.absolute() / 'objects'}\n", encoding="utf-8")
            repository = cls(path)
        return repository

    def refs(self) -> dict[str, str]:
        """Every ref below `refs/` with what it points at, tags not peeled."""
        found = {}
        for reference in self._repo.references.objects:
            if isinstance(reference.target, pygit2.Oid):
                found[reference.name] = str(reference.target)
        return found

    @property
    def default_branch(self) -> str:
        """The full name of the branch that HEAD names, born or not."""
        target = self._repo.lookup_reference(_HEAD).target
        return target if isinstance(target, str) else f"{BRANCHES}main"

    def set_default_branch(self, ref: str) -> None:
        self._repo.lookup_reference(_HEAD).set_target(ref)

    def move(self, updates: Sequence[RefUpdate]) -> None:
        """Move all refs, or none when one of them is not where its update starts.

        Raises `RefMoved`. All are locked first, so nothing else can come between.
        """
        removed = [update for update in updates if update.new is None]
        others = [update for update in updates if update.new is not None]
        # A ref that makes room for one below its name (`a` for `a/b`) has to go first.
        nested = any(_excludes(gone.ref, new.ref) for gone in removed for new in others)
        for part in (removed, others) if nested else (updates,):
            try:
                self._move(part)
            except pygit2.GitError as error:
                raise GitError(str(error)) from error

    def _move(self, updates: Sequence[RefUpdate]) -> None:
        with self._repo.transaction() as transaction:
            for update in updates:
                transaction.lock_ref(update.ref)
            current = self.refs()
            for update in updates:
                if current.get(update.ref) != update.old:
                    raise RefMoved(f"{update.short} was moved by somebody else meanwhile")
            for update in updates:
                if update.new is not None:
                    transaction.set_target(update.ref, update.new)
                elif update.old is not None:
                    transaction.remove(update.ref)

    def commit(self, id: str) -> Commit:  # noqa: A002 - the glossary's word
        """The commit of that id, or that a tag of that id names. Raises `GitError`."""
        found = self._object(id)
        try:
            commit = found.peel(pygit2.Commit)
        except (pygit2.GitError, ValueError) as error:
            raise GitError(f"{id[:12]} is a {found.type_str}, not a commit") from error
        return Commit(
            id=str(commit.id),
            tree=str(commit.tree_id),
            parents=tuple(str(parent) for parent in commit.parent_ids),
            author=_person(commit),
            subject=_subject(commit),
            committed_at=datetime.fromtimestamp(commit.commit_time, UTC),
        )

    def has(self, id: str) -> bool:  # noqa: A002
        return id in self._repo.odb

    def tagged_at(self, id: str) -> datetime:  # noqa: A002
        """When the tag was made: its own date, or the commit's for a lightweight one."""
        found = self._object(id)
        if isinstance(found, pygit2.Tag) and found.tagger is not None:
            zone = timezone(timedelta(minutes=found.tagger.offset))
            return datetime.fromtimestamp(found.tagger.time, zone).astimezone(UTC)
        return self.commit(id).committed_at

    def entries(self, tree: str) -> list[Entry]:
        """The names directly in a tree, in git's order."""
        found = self._object(tree)
        if not isinstance(found, pygit2.Tree):
            raise GitError(f"{tree[:12]} is a {found.type_str}, not a folder")
        return [_entry(entry) for entry in found]

    def lookup(self, tree: str, path: str) -> Entry | None:
        """What stands at a path below a tree; None when there is nothing. `.` is the tree itself."""
        entry = Entry("", "tree", tree)
        for part in [part for part in path.split("/") if part not in ("", ".")]:
            if entry.kind != "tree":
                return None
            below = {child.name: child for child in self.entries(entry.id)}
            if part not in below:
                return None
            entry = below[part]
        return entry

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, Entry]]:
        """(path, entry) of everything below a tree that is no folder."""
        for entry in self.entries(tree):
            path = f"{prefix}{entry.name}"
            if entry.kind == "tree":
                yield from self.walk(entry.id, f"{path}/")
            else:
                yield path, entry

    def size(self, blob: str) -> int:
        """The size of a blob in bytes, without reading it."""
        return int(self._repo.odb.read_header(blob)[1])

    def read(self, blob: str) -> bytes:
        return bytes(self._repo.odb.read(blob)[1])

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """True when `descendant` is, or contains, `ancestor`."""
        return ancestor == descendant or self._repo.descendant_of(descendant, ancestor)

    def merge(self, ours: str, theirs: str) -> str:
        """The tree of the two commits merged, written to this repository's own objects.

        Raises `Conflicts`.
        """
        index = self._repo.merge_commits(ours, theirs)
        if index.conflicts is not None:
            paths = {side.path for sides in index.conflicts for side in sides if side is not None}
            raise Conflicts(sorted(paths))
        return str(index.write_tree(self._repo))

    def references(self, id: str) -> tuple[str, list[str]]:  # noqa: A002
        """(kind, ids that the object needs), submodules left out. For the check of a push."""
        kind, data = self._repo.odb.read(id)
        if kind == ObjectType.BLOB:
            return "blob", []
        if kind == ObjectType.TREE:
            return "tree", [e.id for e in self.entries(id) if e.kind != "submodule"]
        if kind == ObjectType.COMMIT:
            return "commit", _named_ids(data, (b"tree ", b"parent "))
        return "tag", _named_ids(data, (b"object ",))

    def pack(self) -> None:
        """Write all objects, packed or not, into one more pack."""
        self._repo.pack()

    def _object(self, id: str) -> pygit2.Object:  # noqa: A002
        try:
            return self._repo[id]
        except (KeyError, ValueError) as error:
            raise GitError(f"{id[:12]} is not in the repository") from error


def is_ref_name(name: str) -> bool:
    """True for what a ref below `refs/` can be called."""
    try:
        return name.startswith("refs/") and bool(pygit2.reference_is_valid_name(name))
    except (ValueError, UnicodeEncodeError):  # a name that is no text
        return False


def _excludes(one: str, other: str) -> bool:
    """True when the two cannot both be refs: `a` is a file, `a/b` makes it a folder."""
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _open(path: Path) -> pygit2.Repository:
    try:
        return pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, ValueError) as error:
        if "object format" in str(error):
            raise UnsupportedFormat from error
        raise NoSuchRepository(f"{path} is not a git repository: {error}") from error


def _entry(entry: pygit2.Object) -> Entry:
    mode = FileMode(entry.filemode)
    name = (entry.raw_name or b"").decode("utf-8", "surrogateescape")
    return Entry(
        name, _KINDS.get(mode, "blob"), str(entry.id), executable=mode == FileMode.BLOB_EXECUTABLE
    )


def _person(commit: pygit2.Commit) -> str:
    author = commit.author
    name = author.raw_name.decode("utf-8", "replace")
    return f"{name} <{author.raw_email.decode('utf-8', 'replace')}>"


def _subject(commit: pygit2.Commit) -> str:
    text = commit.raw_message.decode("utf-8", "replace").strip()
    return text.splitlines()[0] if text else ""


def _named_ids(data: bytes, words: tuple[bytes, ...]) -> list[str]:
    header = data.partition(b"\n\n")[0]
    lines = header.split(b"\n")
    return [line.split(b" ", 1)[1].decode("ascii") for line in lines if line.startswith(words)]
