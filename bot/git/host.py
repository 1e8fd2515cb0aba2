"""Our own remote: git's smart protocol for the repositories below one folder. The door to dulwich's server.

HTTP is none of its business (webhooks/git.py), and what a push means neither (`Receiver`).
"""

from __future__ import annotations

import re
import socket
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from dulwich.errors import ApplyDeltaError, ChecksumMismatch, HangupException, ObjectFormatException
from dulwich.errors import GitProtocolError as DulwichProtocolError
from dulwich.object_store import DiskObjectStore
from dulwich.protocol import (
    CAPABILITY_ATOMIC,
    CAPABILITY_DELETE_REFS,
    CAPABILITY_FILTER,
    CAPABILITY_NO_DONE,
    CAPABILITY_OFS_DELTA,
    CAPABILITY_QUIET,
    CAPABILITY_REPORT_STATUS,
    CAPABILITY_SIDE_BAND_64K,
    SIDE_BAND_CHANNEL_PROGRESS,
    ReceivableProtocol,
    agent_string,
)
from dulwich.repo import Repo
from dulwich.server import Backend, PackHandler, ReceivePackHandler, UploadPackHandler

from bot.events import RefUpdate
from bot.git.errors import BadPack, BadRepositoryName, GitError, NoSuchRepository
from bot.git.incoming import Incoming, PushLimits, measure
from bot.git.tree import Repository

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"
SERVICES = (UPLOAD, RECEIVE)

_ZERO = "0" * 40
_MAX_COMMANDS = 10_000  # refs in one push
# A name is a folder's name on any system and part of a URL.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
# What dulwich raises for a pack that it cannot read.
_PACK_ERRORS = (
    OSError,
    ChecksumMismatch,
    ApplyDeltaError,
    ObjectFormatException,
    AssertionError,
    KeyError,
    ValueError,
    zlib.error,
    socket.error,
)

Read = Callable[[int], bytes]
Write = Callable[[bytes], None]


class ProtocolError(GitError):
    """The client does not speak git's protocol."""


class Receiver(Protocol):
    """What decides about a push (bot/deploy.py)."""

    def receive(
        self,
        repository_name: str,
        updates: Sequence[RefUpdate],
        progress: Callable[[str], None],
        *,
        incoming: Incoming,
        atomic: bool = False,
    ) -> Mapping[str, str | None]:
        """Judge and carry out a push; ref -> None when it moved, else the reason in a few words.

        `progress` shows a line to the person who pushes; it never raises.
        """


class GitHost:
    """The repositories `ROOT/NAME.git`. Safe to use from any thread."""

    def __init__(
        self,
        root: Path,
        receiver: Receiver,
        *,
        create: bool = True,
        limits: PushLimits | None = None,
    ) -> None:
        """`create`: a push to a name that is not there makes the repository (`git.create`)."""
        self.root = root
        self.create = create
        self.limits = limits or PushLimits()
        self._receiver = receiver

    @property
    def incoming_folder(self) -> Path:
        return self.root / ".incoming"

    def path(self, name: str) -> Path:
        """Where a repository lies, or would lie. Raises `BadRepositoryName`."""
        return self.root / f"{check_name(name)}.git"

    def exists(self, name: str) -> bool:
        return self.path(name).is_dir()

    def advertise(self, name: str, service: str, write: Write) -> None:
        """Tell a client which refs there are. Raises `GitError`."""
        self._require(name, service)
        protocol = _protocol(_nothing, write)
        protocol.write_pkt_line(f"# service={service}\n".encode())
        protocol.write_pkt_line(None)
        self._handle(name, service, protocol, advertise=True)

    def serve(self, name: str, service: str, read: Read, write: Write) -> None:
        """Answer one request of a client. Raises `GitError`, before anything was written."""
        self._require(name, service)
        try:
            self._handle(name, service, _protocol(read, write), advertise=False)
        except (DulwichProtocolError, HangupException, UnicodeDecodeError) as error:
            raise ProtocolError(str(error) or None) from error

    def _require(self, name: str, service: str) -> None:
        if service not in SERVICES:
            raise ProtocolError(f"There is no service {service!r}")
        if not self.exists(name) and not (service == RECEIVE and self.create):
            hint = "; with git.create = true the server makes it" if service == RECEIVE else ""
            raise NoSuchRepository(f"There is no repository {name!r}{hint}")

    def _handle(
        self, name: str, service: str, protocol: ReceivableProtocol, *, advertise: bool
    ) -> None:
        if service == RECEIVE:
            _Receive(self, name, self._receiver, protocol, advertise=advertise).handle()
            return
        with Repo(str(self.path(name))) as repository:
            _Upload(
                _OneRepository(repository),
                ["/"],
                protocol,
                stateless_rpc=True,
                advertise_refs=advertise,
            ).handle()


def check_name(name: str) -> str:
    """The name without `.git`. Raises `BadRepositoryName`."""
    plain = name.removesuffix(".git")
    if not _NAME.fullmatch(plain) or plain.endswith((".git", ".lock", ".")) or ".." in plain:
        raise BadRepositoryName(
            f"{name!r} cannot be the name of a repository: letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit, at most 100"
        )
    return plain


class _OneRepository(Backend):
    """dulwich asks for a repository by path; there is one, and it is open."""

    def __init__(self, repository: Repo | None) -> None:
        self._repository = repository

    def open_repository(self, path: str) -> Any:  # noqa: ARG002 - dulwich's signature
        return self._repository


class _Upload(UploadPackHandler):
    """A clone or a fetch, without what dulwich 1.2.21 does wrong.

    `no-done`: it sends the objects in a request that has not settled what both sides have, which the
    client takes for the answer to its next one. `filter`: what was left out cannot be fetched later.
    """

    def capabilities(self) -> list[bytes]:
        wrong = (CAPABILITY_NO_DONE, CAPABILITY_FILTER)
        return [capability for capability in super().capabilities() if capability not in wrong]


class _Receive(ReceivePackHandler):
    """A push: its objects go to quarantine, its refs are judged together by the receiver."""

    def __init__(
        self,
        host: GitHost,
        name: str,
        receiver: Receiver,
        protocol: ReceivableProtocol,
        *,
        advertise: bool,
    ) -> None:
        path = host.path(name)
        # Its own __init__ would open the repository, which may have to be made first.
        PackHandler.__init__(self, _OneRepository(None), protocol, stateless_rpc=True)
        self.advertise_refs = advertise
        self._host = host
        self._name = check_name(name)
        self._path = path if path.is_dir() else None
        self._receiver = receiver
        self._connection = protocol
        self._client_is_there = True

    def capabilities(self) -> list[bytes]:
        return [
            CAPABILITY_REPORT_STATUS,
            CAPABILITY_DELETE_REFS,
            CAPABILITY_SIDE_BAND_64K,
            CAPABILITY_QUIET,
            CAPABILITY_ATOMIC,
            CAPABILITY_OFS_DELTA,
            b"object-format=sha1",
        ]

    def handle(self) -> None:
        if self.advertise_refs:
            self._advertise()
            return
        updates = self._read_updates()
        if updates:
            self._report(*self._receive(updates))

    def _advertise(self) -> None:
        refs = Repository(self._path).refs() if self._path else {}
        lines = [f"{target} {ref}".encode() for ref, target in sorted(refs.items())]
        first, *others = lines or [f"{_ZERO} capabilities^{{}}".encode()]
        agent = b"agent=" + agent_string()
        self.proto.write_pkt_line(first + b"\0" + b" ".join([*self.capabilities(), agent]) + b"\n")
        for line in others:
            self.proto.write_pkt_line(line + b"\n")
        self.proto.write_pkt_line(None)

    def _read_updates(self) -> list[RefUpdate]:
        updates: dict[str, RefUpdate] = {}
        line = self.proto.read_pkt_line()
        while line:
            if not updates and b"\0" in line:
                line, _, capabilities = line.partition(b"\0")
                self.set_client_capabilities(capabilities.split())
            if not line.startswith(b"shallow "):  # whether history is complete is seen by itself
                update = _update(line)
                if update.ref in updates or len(updates) == _MAX_COMMANDS:
                    raise ProtocolError("a ref is named twice, or there are too many")
                updates[update.ref] = update
            line = self.proto.read_pkt_line()
        return list(updates.values())

    def _receive(self, updates: Sequence[RefUpdate]) -> tuple[str | None, Mapping[str, str | None]]:
        """(what is wrong with the pack, ref -> reason why it did not move)."""
        try:
            scratch = Incoming(self._host.incoming_folder, self._path)
        except (GitError, OSError) as error:
            return _unpacker_error(error, updates)
        with scratch as incoming:
            if any(update.new is not None for update in updates):
                try:
                    self._read_pack(incoming)
                except (GitError, *_PACK_ERRORS) as error:
                    return _unpacker_error(error, updates)
            moved = self._receiver.receive(
                self._name,
                updates,
                self._progress,
                incoming=incoming,
                atomic=self.has_capability(CAPABILITY_ATOMIC),
            )
            return None, moved

    def _read_pack(self, incoming: Incoming) -> None:
        """Take the pack from the client: whole, within limits, complete; else nothing of it stays."""
        limits = self._host.limits
        with tempfile.TemporaryFile(dir=incoming.path) as spool:
            size = 0
            while data := self._connection.recv(1 << 16):
                size += len(data)
                if size > limits.pack:
                    raise BadPack(f"the push is larger than {limits.pack >> 20} MiB")
                spool.write(data)
            spool.seek(0)
            measure(spool, limits)
            spool.seek(0)
            store = DiskObjectStore(str(incoming.objects), fsync_object_files=True)
            try:
                pack = store.add_thin_pack(spool.read, None)
                ids = [name.decode() for name in pack]
            finally:
                store.close()
        incoming.reopen()
        incoming.check(ids)

    def _progress(self, line: str) -> None:
        """Show a line at once. A client that went away changes nothing for the push."""
        if not self._client_is_there or not self.has_capability(CAPABILITY_SIDE_BAND_64K):
            return
        try:
            self.proto.write_sideband(SIDE_BAND_CHANNEL_PROGRESS, f"{line}\n".encode())
        except Exception:  # whatever the web server calls a closed connection
            self._client_is_there = False

    def _report(self, broken: str | None, moved: Mapping[str, str | None]) -> None:
        if not self.has_capability(CAPABILITY_REPORT_STATUS):
            return
        status = [(b"unpack", broken.encode() if broken else b"ok")]
        for ref, reason in moved.items():
            status.append((_encoded(ref), reason.encode() if reason else b"ok"))
        self._report_status(status)


def _unpacker_error(
    error: Exception, updates: Sequence[RefUpdate]
) -> tuple[str, Mapping[str, str | None]]:
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason, {update.ref: "unpacker error" for update in updates}


def _update(line: bytes) -> RefUpdate:
    parts = line.rstrip(b"\n").split(b" ", 2)
    if len(parts) != 3 or not all(re.fullmatch(rb"[0-9a-f]{40}", part) for part in parts[:2]):
        raise ProtocolError(f"{line[:100]!r} is no update of a ref")
    old, new = (None if part.decode() == _ZERO else part.decode() for part in parts[:2])
    return RefUpdate(parts[2].decode("utf-8", "surrogateescape"), old, new)


def _encoded(ref: str) -> bytes:
    return ref.encode("utf-8", "surrogateescape")


def _protocol(read: Read, write: Write) -> ReceivableProtocol:
    def write_all(data: bytes) -> int:
        write(data)
        return len(data)

    return ReceivableProtocol(read, cast(Any, write_all))


def _nothing(_size: int) -> bytes:
    return b""
