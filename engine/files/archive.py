"""A project's files as one gzipped tar: packed the same byte for byte, and read with suspicion."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from engine.errors import ConfigError, LimitExceeded

_GZIP = 31  # zlib's window bits for a gzip frame; such a frame carries no date, no name
_LEVEL = 4
_RECORD = 512  # a tar's unit
_MAX_LINKS = 40  # what Linux follows in one path


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file, or with `link` a symbolic link. `mode` holds the nine permission bits."""

    path: str
    mode: int = 0o644
    data: bytes = b""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, and how many entries. The message of a breach is Digdag's (rest-api.md §6)."""

    file_size: int
    total_size: int
    entries: int = 100_000


UNLIMITED = Limits(file_size=1 << 40, total_size=1 << 40, entries=1 << 30)


def pack(entries: Iterable[Entry]) -> bytes:
    """A deterministic tar.gz: equal entries, in whatever order, give equal bytes."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(entries, key=lambda entry: entry.path):
            tar.addfile(_header(entry), io.BytesIO(entry.data))
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return squeeze.compress(output.getbuffer()) + squeeze.flush()


def _header(entry: Entry) -> tarfile.TarInfo:
    header = tarfile.TarInfo(entry.path)
    header.mode = entry.mode
    if entry.link is None:
        header.size = len(entry.data)
    else:
        header.type = tarfile.SYMTYPE
        header.linkname = entry.link
    return header


def read(data: bytes, limits: Limits = UNLIMITED) -> list[Entry]:
    """The entries of a tar.gz, sorted by path.

    Raises `ConfigError` for what is no archive or could write outside of its folder, and
    `LimitExceeded` for what is too large. Nothing is written anywhere.
    """
    reader = _Reader(limits)
    try:
        with tarfile.open(fileobj=io.BytesIO(_unzip(data, limits)), mode="r:") as tar:
            for member in tar:
                reader.add(tar, member)
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as error:
        raise ConfigError(f"The archive is no readable tar: {error}") from None
    entries = [reader.found[path] for path in sorted(reader.found)]
    _check_tree(entries)
    return entries


def _unzip(data: bytes, limits: Limits) -> bytes:
    """Unpack at most what the limits allow and tar's own records need."""
    room = limits.total_size + 4 * _RECORD * (limits.entries + 20)
    unzip = zlib.decompressobj(_GZIP)
    try:
        plain = unzip.decompress(data, room)
    except zlib.error as error:
        raise ConfigError(f"The archive is no gzip file: {error}") from None
    if unzip.unconsumed_tail:
        raise _too_large(room, limits)
    if not unzip.eof:
        raise ConfigError("The archive is cut off: its gzip frame has no end")
    return plain


def _too_large(size: int, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"Total size of the archive exceeds limit ({size} > {limits.total_size} bytes)"
    )


class _Reader:
    """Takes the members of a tar one by one and keeps count."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.found: dict[str, Entry] = {}
        self.size = 0

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = _safe_path(member.name)
        if member.isdir() or path == ".":
            return
        self._count(path, member)
        self.found[path] = self._entry(tar, member, path)

    def _count(self, path: str, member: tarfile.TarInfo) -> None:
        limits = self.limits
        if member.size > limits.file_size:
            raise LimitExceeded(
                "Size of a file in the archive exceeds limit"
                f" ({member.size} > {limits.file_size} bytes): {path}"
            )
        self.size += member.size
        if self.size > limits.total_size:
            raise _too_large(self.size, limits)
        if len(self.found) >= limits.entries:
            raise LimitExceeded(f"The archive has more than {limits.entries} files")

    def _entry(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Entry:
        if member.issym():
            return Entry(path, 0o777, link=member.linkname)
        if member.islnk():
            return self._same_as(member.linkname, path)
        if not member.isreg():
            raise ConfigError(f"Bad entry in the archive: {path} is no file, folder or link")
        content = tar.extractfile(member)
        return Entry(path, member.mode & 0o777, content.read() if content else b"")

    def _same_as(self, name: str, path: str) -> Entry:
        """A hard link: a second name of a file that came before it."""
        original = self.found.get(_safe_path(name))
        if original is None or original.link is not None:
            raise ConfigError(f"Bad entry in the archive: {path} is linked to no file before it")
        return replace(original, path=path)


def _safe_path(name: str) -> str:
    """The path in its shortest form. Raises `ConfigError` when it leaves the archive."""
    path = posixpath.normpath(name) if name else ""
    if not path or path.startswith(("/", "../")) or path == ".." or "\0" in path:
        raise ConfigError(f"Bad entry in the archive: {name!r} leads out of the project")
    return path


def _check_tree(entries: list[Entry]) -> None:
    """Nothing lies below a file or a link, and every link ends inside."""
    leaves = {entry.path for entry in entries}
    for entry in entries:
        for folder in _folders(entry.path):
            if folder in leaves:
                raise ConfigError(
                    f"Bad entry in the archive: {entry.path} lies below {folder}, which is no folder"
                )
        if entry.link is not None and _aim(entry) is None:
            raise ConfigError(
                f"Bad entry in the archive: the link {entry.path} leads out of the project"
                f" ({entry.link})"
            )


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _aim(entry: Entry) -> str | None:
    """Where a link leads, seen from the project; None when that is outside."""
    link = entry.link or ""
    if link.startswith("/"):
        return None
    # Each step is looked at, as a link may leave the project and come back by its name.
    steps = posixpath.dirname(entry.path).split("/") if "/" in entry.path else []
    for step in link.split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


class ArchiveFiles:
    """The files of an archive, as `engine.dig.source.Files`; links lead where they lead."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry.path: entry for entry in entries}
        self._links = {entry.path for entry in self._entries.values() if entry.link is not None}

    def paths(self) -> Iterable[str]:
        """Regular files, and links to regular files, sorted."""
        return sorted(path for path in self._entries if self.find(path) is not None)

    def read(self, path: str) -> bytes:
        """The content. Raises `FileNotFoundError`."""
        entry = self.find(path)
        if entry is None:
            raise FileNotFoundError(path)
        return entry.data

    def find(self, path: str) -> Entry | None:
        """The regular file that a path means, through links of files and of folders."""
        for _ in range(_MAX_LINKS):
            entry = self._entries.get(path)
            if entry is not None and entry.link is None:
                return entry
            followed = self._follow(path)
            if followed is None:
                return None
            path = followed
        return None

    def _follow(self, path: str) -> str | None:
        """Replace the first link on the way; None when there is none, or it leads out."""
        if not self._links:
            return None
        for head in (path, *_folders(path)):
            if head in self._links:
                aim = _aim(self._entries[head])
                return None if aim is None else posixpath.normpath(aim + path[len(head) :])
        return None
