"""git's protocol, spoken to the host directly: what the client sends and what it gets back."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
import pytest

from bot.events import RefUpdate
from bot.git.errors import BadRepositoryName, NoSuchRepository
from bot.git.host import RECEIVE, UPLOAD, GitHost, ProtocolError, check_name
from bot.git.incoming import Incoming, PushLimits
from bot.git.tree import Repository
from tests.support.git import WorkTree, git

ZERO = "0" * 40


@dataclass
class Taking:
    """Takes what it gets, but refs called `bad`; says what it got."""

    root: Path
    seen: list[tuple[str, list[RefUpdate], bool]] = field(default_factory=list)

    def receive(
        self,
        repository_name: str,
        updates: Sequence[RefUpdate],
        progress: Callable[[str], None],
        *,
        incoming: Incoming,
        atomic: bool = False,
    ) -> Mapping[str, str | None]:
        self.seen.append((repository_name, list(updates), atomic))
        progress("working …")
        path = self.root / f"{repository_name}.git"
        repository = Repository(path) if path.exists() else Repository.create(path)
        incoming.promote(path)
        repository.move([update for update in updates if "bad" not in update.ref])
        return {update.ref: "2 problems" if "bad" in update.ref else None for update in updates}


@pytest.fixture
def host(tmp_path: Path) -> GitHost:
    root = tmp_path / "git"
    root.mkdir()
    return GitHost(root, Taking(root))


def line(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return f"{len(data) + 4:04x}".encode() + data


def push_body(
    work: WorkTree, updates: Sequence[RefUpdate], *, words: str = "report-status side-band-64k"
) -> bytes:
    """What git sends for a push of everything."""
    commands = [f"{u.old or ZERO} {u.new or ZERO} {u.ref}" for u in updates]
    commands[0] += f"\0 {words} object-format=sha1 agent=git/2"
    body = b"".join(line(command) for command in commands) + b"0000"
    if any(update.new for update in updates):
        path = work.folder / "push"
        git(work.folder, "pack-objects", "-q", "--revs", "--all", str(path))
        (pack,) = work.folder.glob("push-*.pack")
        body += pack.read_bytes()
        for left in work.folder.glob("push-*"):
            left.unlink()
    return body


def send(host: GitHost, name: str, body: bytes, service: str = RECEIVE) -> bytes:
    left = memoryview(body)

    def read(size: int) -> bytes:
        nonlocal left
        data, left = bytes(left[:size]), left[size:]
        return data

    answer = bytearray()
    host.serve(name, service, read, answer.extend)
    return bytes(answer)


def advertised(host: GitHost, name: str, service: str) -> bytes:
    answer = bytearray()
    host.advertise(name, service, answer.extend)
    return bytes(answer)


def new(work: WorkTree, ref: str = "refs/heads/main") -> RefUpdate:
    return RefUpdate(ref, None, work.head)


def test_a_new_repository_advertises_what_it_can(host: GitHost) -> None:
    answer = advertised(host, "shop", RECEIVE)
    assert answer.startswith(b"001f# service=git-receive-pack\n0000")
    assert f"{ZERO} capabilities^{{}}\0report-status".encode() in answer
    for capability in (b"delete-refs", b"side-band-64k", b"atomic", b"object-format=sha1"):
        assert capability in answer
    assert b"push-options" not in answer
    assert not host.exists("shop")


def test_a_push_reaches_the_receiver_whole(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    updates = [new(work), new(work, "refs/heads/bad"), new(work, "refs/tags/v1")]
    answer = send(host, "shop.git", push_body(work, updates))
    assert b"\x02working \xe2\x80\xa6\n" in answer
    assert b"unpack ok\n" in answer
    assert b"ok refs/heads/main\n" in answer
    assert b"ng refs/heads/bad 2 problems\n" in answer
    assert b"ok refs/tags/v1\n" in answer
    assert host._receiver.seen == [("shop", updates, False)]
    assert set(Repository(host.path("shop")).refs()) == {"refs/heads/main", "refs/tags/v1"}
    assert list(host.incoming_folder.iterdir()) == []


def test_an_old_client_without_side_band(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    answer = send(host, "shop", push_body(work, [new(work)], words="report-status"))
    assert answer == line("unpack ok\n") + line("ok refs/heads/main\n") + b"0000"


def test_atomic_is_handed_on(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    send(host, "shop", push_body(work, [new(work)], words="report-status atomic"))
    assert host._receiver.seen[0][2]


def test_a_push_that_only_deletes_has_no_pack(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    send(host, "shop", push_body(work, [new(work)]))
    gone = RefUpdate("refs/heads/main", work.head, None)
    assert b"ok refs/heads/main\n" in send(host, "shop", push_body(work, [gone]))
    assert Repository(host.path("shop")).refs() == {}


def test_head_is_not_advertised_to_pushes(host: GitHost, work: WorkTree) -> None:
    """`git push --mirror` would delete it."""
    work.commit({"a": "1"})
    send(host, "shop", push_body(work, [new(work)]))
    assert b"HEAD" not in advertised(host, "shop", RECEIVE)
    assert b" HEAD\0" in advertised(host, "shop", UPLOAD)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_push_that_is_cut_off_leaves_nothing(host: GitHost, work: WorkTree, part: float) -> None:
    work.commit({"a": "1" * 1000, "b": bytes(range(256)) * 4})
    body = push_body(work, [new(work)])
    try:
        answer = send(host, "shop", body[: int(len(body) * part)])
    except ProtocolError:
        pass
    else:
        assert b"unpack ok" not in answer
        assert b"ng refs/heads/main unpacker error\n" in answer
    assert not host.exists("shop")
    assert not host.incoming_folder.exists() or list(host.incoming_folder.iterdir()) == []
    assert host._receiver.seen == []


def test_a_damaged_pack_is_refused(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1" * 1000})
    body = bytearray(push_body(work, [new(work)]))
    body[-3] ^= 1
    assert b"ng refs/heads/main unpacker error" in send(host, "shop", bytes(body))
    assert not host.exists("shop")


def test_a_push_that_the_disk_has_no_room_for(
    host: GitHost, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, **_: object) -> None:
        Path(path).mkdir()
        raise pygit2.GitError("failed to initialize: No space left on device")

    work.commit({"a": "1"})
    with monkeypatch.context() as patch:
        patch.setattr(pygit2, "init_repository", full)
        answer = send(host, "shop", push_body(work, [new(work)]))
    assert b"No space left on device" in answer
    assert b"ng refs/heads/main unpacker error" in answer
    assert list(host.incoming_folder.iterdir()) == []


def test_a_push_that_is_too_large(tmp_path: Path, host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1" * 1000})
    small = GitHost(host.root, host._receiver, limits=PushLimits(pack=20))
    answer = send(small, "shop", push_body(work, [new(work)]))
    assert b"unpack the push is larger than 0 MiB" in answer


def test_history_that_is_cut_off_is_refused(tmp_path: Path, host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    work.commit({"a": "2"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{work.folder}", "shallow")
    shallow = WorkTree(tmp_path / "shallow", init=False)
    body = line(f"shallow {shallow.head}") + push_body(shallow, [new(shallow)])
    assert b"git fetch --unshallow" in send(host, "shop", body)
    assert not host.exists("shop")


@pytest.mark.parametrize(
    "body",
    [
        b"rubbish",
        line("rubbish\0 report-status"),
        line(f"{ZERO} {ZERO[:39]} refs/heads/main\0 report-status"),
        line(f"{ZERO} {ZERO} refs/heads/main\0 sing"),
        line(b"\0" * 50),
        line(b"\xff" * 50),
        (
            line(f"{ZERO} {ZERO} refs/heads/main\0 report-status")
            + line(f"{ZERO} {ZERO} refs/heads/main")
        ),
        line(f"{ZERO} {ZERO} refs/heads/main\0 report-status"),
    ],
)
def test_what_git_would_never_send(host: GitHost, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        send(host, "shop", body)
    assert not host.exists("shop")


def test_no_update_is_no_answer(host: GitHost) -> None:
    assert send(host, "shop", b"0000") == b""


def test_a_client_that_went_away_does_not_stop_the_push(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    body = memoryview(push_body(work, [new(work)]))
    written = 0

    def read(size: int) -> bytes:
        nonlocal body
        data, body = bytes(body[:size]), body[size:]
        return data

    def write(_data: bytes) -> None:
        nonlocal written
        written += 1
        if written == 1:
            raise ConnectionResetError

    host.serve("shop", RECEIVE, read, write)
    assert set(Repository(host.path("shop")).refs()) == {"refs/heads/main"}


def test_unknown_repositories(tmp_path: Path, host: GitHost) -> None:
    with pytest.raises(NoSuchRepository, match="no repository 'shop'"):
        advertised(host, "shop", UPLOAD)
    closed = GitHost(tmp_path / "git", host._receiver, create=False)
    for service, message in ((UPLOAD, "'shop'$"), (RECEIVE, "'shop'; with git.create = true")):
        with pytest.raises(NoSuchRepository, match=message):
            advertised(closed, "shop", service)
    with pytest.raises(ProtocolError, match="no service 'git-upload-archive'"):
        advertised(host, "shop", "git-upload-archive")


@pytest.mark.parametrize("name", ["shop", "shop.git", "a", "A-b_c.d", "x" * 100, "2024"])
def test_names_of_repositories(name: str) -> None:
    assert check_name(name) == name.removesuffix(".git")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".git",
        "..",
        ".incoming",
        "a/b",
        "a..b",
        "a b",
        "x" * 101,
        "a.lock",
        "a.git.git",
        "é",
        "a.",
    ],
)
def test_names_that_no_repository_can_have(host: GitHost, name: str) -> None:
    with pytest.raises(BadRepositoryName, match="cannot be the name of a repository"):
        host.path(name)


def test_a_folder_that_is_removed_is_not_there(host: GitHost, work: WorkTree) -> None:
    work.commit({"a": "1"})
    send(host, "shop", push_body(work, [new(work)]))
    assert host.exists("shop")
    shutil.rmtree(host.path("shop"))
    assert not host.exists("shop")
