"""The embedded remote over HTTP, with the real git as its client."""

import gzip
import http.client
import io
import socket
import threading
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.git.host import GitHost
from bot.git.incoming import PushLimits
from bot.git.tree import Repository
from tests.support.git import WorkTree, git
from tests.support.remote_server import Remote
from webhooks.git import git_app

HELLO = "+hello:\n  echo>: hello\n"


@pytest.fixture
def work(tmp_path: Path, remote: Remote) -> WorkTree:
    made = WorkTree(tmp_path / "work")
    made.git("remote", "add", "origin", f"{remote.url}/shop.git")
    return made


def clone(remote: Remote, folder: Path, *options: str) -> WorkTree:
    git(folder.parent, "clone", "-q", *options, f"{remote.url}/shop.git", str(folder))
    return WorkTree(folder, init=False)


def refs(remote: Remote, name: str = "shop") -> dict[str, str]:
    return Repository(remote.git_folder / f"{name}.git").refs()


def call(app: Any, method: str, path: str, body: bytes = b"", **environ: str) -> tuple[str, bytes]:
    """A request without a web server in between."""
    status: list[str] = []
    written = bytearray()

    def start_response(line: str, _headers: Any) -> Any:
        status.append(line)
        return written.extend

    path, _, query = path.partition("?")
    asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    rest = app({**asked, "wsgi.input": io.BytesIO(body), **environ}, start_response)
    return status[0] if status else "", bytes(written) + b"".join(rest)


# Clone, fetch, push


def test_push_clone_fetch(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    first = work.commit({"a.dig": HELLO, "b/c.txt": "text"})
    assert "[new branch]      main -> main" in work.git("push", "origin", "main")
    copy = clone(remote, tmp_path / "copy")
    assert copy.head == first
    assert (copy.folder / "b/c.txt").read_text() == "text"
    second = work.commit({"a.dig": HELLO + "+more:\n  echo>: more\n"})
    work.git("push", "origin", "main")
    copy.git("pull", "-q")
    assert copy.head == second
    assert git(remote.git_folder / "shop.git", "fsck", "--full", "--strict") == ""


def test_force_push(remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": HELLO})
    work.commit({"a.dig": HELLO, "x": "1"})
    work.git("push", "origin", "main")
    work.git("reset", "-q", "--hard", "HEAD~1")
    head = work.commit({"y": "1"})
    assert "[rejected]" in work.git("push", "origin", "main", check=False)
    assert "(forced update)" in work.git("push", "--force", "origin", "main")
    assert refs(remote) == {"refs/heads/main": head}


def test_branches_and_tags_come_and_go(remote: Remote, work: WorkTree) -> None:
    head = work.commit({"a.dig": HELLO})
    work.git("tag", "-a", "v1", "-m", "one")
    work.git("push", "origin", "main", "main:side", "v1")
    assert set(refs(remote)) == {"refs/heads/main", "refs/heads/side", "refs/tags/v1"}
    assert "[deleted]         side" in work.git("push", "origin", ":side")
    work.git("push", "origin", "--delete", "v1")
    assert refs(remote) == {"refs/heads/main": head}


def test_everything_at_once(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": HELLO})
    for i in range(30):
        work.git("branch", f"b{i}")
        work.git("tag", f"t{i}")
    work.git("push", "--mirror", "origin")
    assert len(refs(remote)) == 61
    copy = clone(remote, tmp_path / "copy", "--mirror")
    assert copy.git("for-each-ref").count("\n") == 61
    copy.git("branch", "-D", *[f"b{i}" for i in range(29)])
    copy.git("push", "--mirror", "origin")
    assert len(refs(remote)) == 32


def test_an_atomic_push_is_all_or_nothing(remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": HELLO})
    work.git("push", "origin", "main")
    work.commit({"a.dig": "+x:\n  ech>: 1\n"})
    output = work.git("push", "--atomic", "origin", "main", "main:side", check=False)
    assert "main -> main (digbot: 1 problem)" in output
    assert "main -> side (digbot: atomic push failed)" in output
    assert set(refs(remote)) == {"refs/heads/main"}


def test_an_empty_repository_is_cloned(tmp_path: Path, remote: Remote) -> None:
    Repository.create(remote.git_folder / "shop.git")
    copy = clone(remote, tmp_path / "copy")
    head = copy.commit({"a.dig": HELLO})
    copy.git("push", "origin", "HEAD:main")
    assert refs(remote) == {"refs/heads/main": head}


def test_a_shallow_clone_can_push(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    for number in range(5):
        work.commit({"a.dig": HELLO, "n": str(number)})
    work.git("push", "origin", "main")
    copy = clone(remote, tmp_path / "copy", "--depth=1")
    assert copy.git("rev-list", "--count", "HEAD").strip() == "1"
    head = copy.commit({"n": "from afar"})
    copy.git("push", "origin", "main")
    assert refs(remote) == {"refs/heads/main": head}
    assert git(remote.git_folder / "shop.git", "fsck", "--full", "--strict") == ""


def test_a_shallow_clone_of_something_else_cannot(
    tmp_path: Path, remote: Remote, work: WorkTree
) -> None:
    work.commit({"a.dig": HELLO})
    work.commit({"a.dig": HELLO, "x": "1"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{work.folder}", "copy")
    copy = WorkTree(tmp_path / "copy", init=False)
    output = copy.git("push", f"{remote.url}/other.git", "main", check=False)
    assert "the history is cut off: run `git fetch --unshallow` and push again" in output
    assert not (remote.git_folder / "other.git").exists()


def test_a_large_push(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    """git sends it in chunks, without a length."""
    noise = [i.to_bytes(4, "big") * 250 for i in range(2000)]
    big = b"".join(zlib.compress(piece, 0)[:977] for piece in noise) * 12
    work.commit({"a.dig": HELLO, "big.bin": big, **{f"f/{i}": f"{i}\n" for i in range(500)}})
    output = work.git("-c", "core.compression=0", "push", "origin", "main")
    assert "deployed" in output
    copy = clone(remote, tmp_path / "copy")
    assert (copy.folder / "big.bin").read_bytes() == big
    assert len(big) > 20 * 1024 * 1024


def test_lines_come_while_it_works(remote: Remote, work: WorkTree) -> None:
    """The first line is there before the push is answered."""
    work.commit({"a.dig": HELLO})
    reader = remote.bot._settler._reader
    seen = threading.Event()
    load = reader._load

    def slow(snapshot: Any) -> Any:
        seen.wait(10)
        return load(snapshot)

    reader._load = slow
    with _listening(remote) as lines:
        body = _push_body(work)
        lines.send(body)
        first = lines.until(b"Checking shop")
        assert b"Checking shop at main" in first
        seen.set()
        assert b"ok refs/heads/main" in lines.until(b"ok refs/heads/main")


def test_two_pushes_at_once_queue(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": HELLO})
    work.git("push", "origin", "main")
    copies = [clone(remote, tmp_path / f"copy{i}") for i in range(4)]
    outputs: list[str] = []

    def push(copy: WorkTree, number: int) -> None:
        copy.commit({f"{number}.txt": "x"})
        outputs.append(copy.git("push", "origin", f"HEAD:refs/heads/b{number}"))

    threads = [
        threading.Thread(target=push, args=(copy, number)) for number, copy in enumerate(copies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outputs) == 4
    assert len(refs(remote)) == 5


def test_of_two_pushes_to_one_branch_one_is_told_to_fetch(
    tmp_path: Path, remote: Remote, work: WorkTree
) -> None:
    work.commit({"a.dig": HELLO})
    work.git("push", "origin", "main")
    bodies = []
    for number in range(2):
        copy = clone(remote, tmp_path / f"copy{number}")
        old = copy.head
        copy.commit({f"{number}.txt": "x"})
        bodies.append(_push_body(copy, old))
    answers = [_post(remote, body) for body in bodies]
    assert b"ok refs/heads/main" in answers[0]
    assert b"ng refs/heads/main fetch first" in answers[1]


def test_a_connection_that_breaks_leaves_nothing(remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": HELLO, "b": bytes(range(256)) * 1000})
    body = _push_body(work)
    where = urlsplit(remote.url)
    with socket.create_connection((where.hostname, where.port)) as connection:
        head = (
            "POST /shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[: len(body) // 2])
    time.sleep(0.1)
    assert not (remote.git_folder / "shop.git").exists()
    assert remote.bot.repositories() == []
    assert "[new branch]" in work.git("push", "origin", "main")


# HTTP


def test_gzip_bodies_are_understood(tmp_path: Path, remote: Remote, work: WorkTree) -> None:
    """git compresses what it says when it fetches from many refs."""
    for number in range(20):
        work.commit({"a.dig": HELLO, "n": str(number)})
        work.git("tag", f"t{number}")
    work.git("push", "origin", "main", "--tags")
    copy = clone(remote, tmp_path / "copy")
    for number in range(20):
        copy.git("tag", "-d", f"t{number}")
        copy.commit({"n": f"local {number}"})
    work.commit({"n": "more"})
    work.git("push", "origin", "main")
    trace = git(copy.folder, "fetch", "origin", GIT_CURL_VERBOSE="1")
    assert "Content-Encoding: gzip" in trace
    assert trace.count("POST /shop.git/git-upload-pack") > 1
    assert copy.git("rev-parse", "origin/main").strip() == work.head


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_push_may_be_compressed(remote: Remote, work: WorkTree, encoding: str) -> None:
    work.commit({"a.dig": HELLO})
    body = _push_body(work)
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    assert b"ok refs/heads/main" in _post(remote, packed, **{"Content-Encoding": encoding})


@pytest.fixture
def small(remote: Remote) -> Any:
    """The application with a limit of a few bytes."""
    host = GitHost(remote.git_folder, remote.bot, limits=PushLimits(pack=1000))
    return git_app(host)


PUSH = {"CONTENT_TYPE": "application/x-git-receive-pack-request"}


def test_a_body_that_is_too_large(small: Any) -> None:
    path = "/shop.git/git-receive-pack"
    status, text = call(small, "POST", path, CONTENT_LENGTH="100000000", **PUSH)
    assert (status, text) == ("413 Content Too Large", b"At most 0 MiB can be pushed at once\n")
    status, _ = call(small, "POST", path, b"0010" + bytes(200_000), **PUSH)
    assert status.startswith("4")


def test_a_bomb_is_not_unpacked(small: Any) -> None:
    bomb = gzip.compress(b"0032" + bytes(50_000_000))
    started = time.monotonic()
    status, _ = call(
        small, "POST", "/shop.git/git-receive-pack", bomb, HTTP_CONTENT_ENCODING="gzip", **PUSH
    )
    assert status.startswith("4")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("method", "path", "environ", "status"),
    [
        ("GET", "/", {}, "404"),
        ("GET", "/shop.git", {}, "404"),
        ("GET", "/shop.git/HEAD", {}, "404"),
        ("GET", "/shop.git/objects/info/packs", {}, "404"),
        ("GET", "/../x.git/info/refs?service=git-upload-pack", {}, "404"),
        ("GET", "/..git/info/refs?service=git-upload-pack", {}, "404"),
        ("GET", "/.incoming/info/refs?service=git-upload-pack", {}, "404"),
        ("GET", "/shop.git/info/refs?service=git-upload-pack", {}, "404"),
        ("GET", "/shop.git/info/refs", {}, "403"),
        ("GET", "/shop.git/info/refs?service=git-upload-archive", {}, "403"),
        ("POST", "/shop.git/info/refs?service=git-upload-pack", {}, "405"),
        ("GET", "/shop.git/git-receive-pack", {}, "405"),
        ("POST", "/shop.git/git-receive-pack", {}, "415"),
        ("POST", "/shop.git/git-receive-pack", {"CONTENT_TYPE": "text/plain"}, "415"),
        ("POST", "/shop.git/git-receive-pack", {**PUSH, "HTTP_CONTENT_ENCODING": "br"}, "415"),
        ("POST", "/shop.git/git-receive-pack", PUSH, "400"),
        ("POST", "/shop.git/git-receive-pack", {**PUSH, "HTTP_CONTENT_ENCODING": "gzip"}, "400"),
    ],
)
def test_bad_requests(
    small: Any, remote: Remote, method: str, path: str, environ: dict[str, str], status: str
) -> None:
    line, text = call(small, method, path, **environ)
    assert line.split()[0] == status
    assert text.endswith(b"\n")
    assert b"Traceback" not in text
    assert not (remote.git_folder / "shop.git").exists()


def test_damaged_compression(small: Any) -> None:
    path = "/shop.git/git-receive-pack"
    status, text = call(small, "POST", path, b"no gzip", HTTP_CONTENT_ENCODING="gzip", **PUSH)
    assert status.startswith("400")
    assert b"The request is damaged" in text


def test_a_missing_repository_is_said_so(remote: Remote, tmp_path: Path) -> None:
    output = git(tmp_path, "clone", f"{remote.url}/nothing.git", check=False)
    assert "not found" in output


def test_sha256_repositories_are_refused_clearly(remote: Remote, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", "new")
    work = WorkTree(tmp_path / "new", init=False)
    work.commit({"a.dig": HELLO})
    output = work.git("push", f"{remote.url}/shop.git", "main", check=False)
    assert "fatal: " in output  # as against git's own server: the client finds out by itself
    assert not (remote.git_folder / "shop.git").exists()


# Requests by hand


def _push_body(work: WorkTree, old: str = "0" * 40) -> bytes:
    command = f"{old} {work.head} refs/heads/main\0 report-status side-band-64k"
    pack = work.folder / "push"
    git(work.folder, "pack-objects", "-q", "--revs", str(pack), stdin=b"HEAD\n")
    (found,) = work.folder.glob("push-*.pack")
    data = found.read_bytes()
    for left in work.folder.glob("push-*"):
        left.unlink()
    return f"{len(command) + 4:04x}{command}0000".encode() + data


def _post(remote: Remote, body: bytes, **headers: str) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(remote.url).netloc, timeout=20)
    kind = "application/x-git-receive-pack-request"
    connection.request(
        "POST", "/shop.git/git-receive-pack", body, {"Content-Type": kind, **headers}
    )
    answer = connection.getresponse().read()
    connection.close()
    return answer


class _listening:
    """A connection whose answer is read piece by piece."""

    def __init__(self, remote: Remote) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(remote.url).netloc, timeout=20)
        self._response: Any = None
        self._seen = b""

    def __enter__(self) -> "_listening":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, body: bytes) -> None:
        kind = "application/x-git-receive-pack-request"
        self._connection.request("POST", "/shop.git/git-receive-pack", body, {"Content-Type": kind})
        self._response = self._connection.getresponse()

    def until(self, text: bytes) -> bytes:
        while text not in self._seen:
            data = self._response.read1(65536)
            assert data, self._seen
            self._seen += data
        return self._seen
