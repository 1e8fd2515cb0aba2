"""Input that is wrong on purpose: a clear answer soon, nothing half done, nothing lost."""

from __future__ import annotations

import io
import socket
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.remote import NOTHING, Clone
from tests.support.server import BIN, Refused, Server, archive, basic, run

SOON = 5.0  # seconds; two on an idle machine (issue 3), but tests share theirs
GOOD = "+a:\n  echo>: fine\n"

BILLION_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
BOMBS = {
    "aliases": "_export:\n" + "".join(f"  {line}\n" for line in BILLION_LAUGHS.splitlines()),
    "depth": "_export: {a: " + "[" * 50_000 + "]" * 50_000 + "}\n+a: {echo>: x}\n",
    "self alias": "_export:\n  a: &a [*a]\n+a:\n  echo>: x\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def soon() -> Iterator[None]:
    """The test's own answer comes within the time a person waits."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < SOON


def put(server: Server, name: str, body: bytes | None) -> object:
    path = f"/api/projects?project={quote(name)}&revision=r"
    return server.call("PUT", path, body, content_type="application/gzip")


def known(server: Server, name: str) -> bool:
    return bool(server.call("GET", f"/api/projects?name={quote(name)}")["projects"])


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("bomb", BOMBS)
class TestYamlBombs:
    def test_upload(self, server, bomb, soon):
        error = refused(lambda: put(server, "bomb", archive({"main.dig": BOMBS[bomb]})))

        assert error.status == 400
        assert "main.dig" in error.message
        assert not known(server, "bomb")

    def test_push(self, server, bomb, soon, tmp_path):
        clone = Clone(server, tmp_path / "bomb", "bombs")
        clone.commit({"main.dig": BOMBS[bomb]})

        pushed = clone.push()

        assert pushed.returncode != 0
        assert "main.dig:" in pushed.text
        assert "rejected" in pushed.text
        assert not known(server, "bombs")

    def test_check(self, server, bomb, soon, tmp_path):
        (tmp_path / "main.dig").write_text(BOMBS[bomb])

        checked = server.digbot("check", cwd=tmp_path)

        assert checked.returncode == 1
        assert "main.dig:" in checked.text
        assert "Traceback" not in checked.text


class TestWhatLeavesTheProject:
    @pytest.mark.parametrize("path", ["../secret.yml", "/etc/passwd", "sub/../../secret.yml"])
    def test_include(self, server, soon, path, tmp_path):
        clone = Clone(server, tmp_path / "work", f"leaving-{time.time_ns()}")
        clone.commit({"etl/main.dig": f"!include : '{path}'\n{GOOD}", "secret.yml": GOOD})

        pushed = clone.push()

        assert pushed.returncode != 0
        assert "etl/main.dig:1:" in pushed.text
        assert not known(server, "etl")

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "../secret"])
    def test_link_in_a_push(self, server, soon, target, tmp_path):
        clone = Clone(server, tmp_path / "work", f"linking-{time.time_ns()}")
        clone.link("etl/data", target)
        clone.commit({"etl/main.dig": GOOD, "secret": "s"})

        pushed = clone.push()

        assert pushed.returncode != 0
        assert "etl/data" in pushed.text
        assert not known(server, "etl")

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../outside"])
    def test_link_in_an_upload(self, server, soon, target):
        link = tarfile.TarInfo("data")
        link.type, link.linkname = tarfile.SYMTYPE, target

        error = refused(lambda: put(server, "linked", tar(link)))

        assert error.status == 400
        assert "data" in error.message
        assert not known(server, "linked")

    @pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/../../escaped"])
    def test_name_in_an_upload(self, server, soon, name):
        error = refused(lambda: put(server, "escaping", tar(tarfile.TarInfo(name))))

        assert error.status == 400
        assert not known(server, "escaping")


def tar(entry: tarfile.TarInfo) -> bytes:
    """A good project and one more entry."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        good = tarfile.TarInfo("main.dig")
        good.size = len(GOOD)
        file.addfile(good, io.BytesIO(GOOD.encode()))
        file.addfile(entry)
    return buffer.getvalue()


class TestExpressions:
    def outcome(self, server: Server, expression: str) -> tuple[str, str]:
        """(status, error message or log) of a task that evaluates it."""
        files = {"main.dig": f"+a:\n  echo>: 'MARK ${{{expression}}}'\n"}
        name = f"expression-{time.time_ns()}"
        attempt = server.start(server.upload(name, files), "main")
        status = server.wait(attempt)["status"]
        (task,) = [t for t in server.tasks(attempt) if t["fullName"] == "+main+a"]
        return status, task["error"].get("message") or server.task_log(attempt, "+main+a")

    def test_a_million_turns_are_counted_or_refused(self, server, soon):
        status, text = self.outcome(
            server, "(() => { let n = 0; for (let i = 0; i < 1e6; i++) n += i; return n })()"
        )

        assert (status, "499999500000" in text) == ("success", True)

    def test_an_endless_loop_is_stopped(self, server, soon):
        status, message = self.outcome(server, "(() => { while (true) {} })()")

        assert status == "error"
        assert "stopped after" in message

    def test_a_runaway_regular_expression_is_stopped(self, server, soon):
        status, message = self.outcome(server, f'/^(a+)+$/.test("{"a" * 40}!")')

        assert status == "error"
        assert "stopped after" in message

    def test_memory_is_limited(self, server, soon):
        status, message = self.outcome(
            server, "(() => { const all = []; while (true) all.push(new Array(1000).fill(1)) })()"
        )

        assert status == "error"
        assert "memory" in message or "stopped after" in message


class TestPushes:
    def test_cut_off_in_the_middle(self, server, soon, tmp_path):
        clone = Clone(server, tmp_path / "work", "torn")
        clone.commit({"main.dig": GOOD})
        assert clone.push().returncode == 0
        before = clone.remote_refs()
        old = clone.head()
        many = "".join(f"+t{number}: {{echo>: hello}}\n" for number in range(500))
        body = clone.request(old, clone.commit({"main.dig": GOOD, "more.dig": many}))

        torn(server, "/git/torn.git/git-receive-pack", body, len(body) * 2 // 3)

        server.until(lambda: clone.remote_refs() == before, "the ref is where it was")
        revisions = f"/api/projects/{server.project('torn')['id']}/revisions"
        assert len(server.call("GET", revisions)["revisions"]) == 1
        assert clone.push().returncode == 0
        assert len(server.call("GET", revisions)["revisions"]) == 2

    def test_garbage_instead_of_a_pack(self, server, soon, tmp_path):
        clone = Clone(server, tmp_path / "work", "garbage")
        new = clone.commit({"main.dig": GOOD})
        body = clone.request(NOTHING, new)

        answer = reply(lambda: clone.send(body[: body.index(b"PACK")] + b"PACK" + b"\xff" * 200))

        assert b"ok refs/heads/main" not in answer
        assert not known(server, "garbage")

    def test_without_dig_files(self, server, soon, tmp_path):
        clone = Clone(server, tmp_path / "work", "prose")
        clone.commit({"README.md": "nothing to run\n"})

        pushed = clone.push()

        assert pushed.returncode == 0
        assert "remote:" in pushed.text


def reply(act: Callable[[], bytes]) -> bytes:
    """What was answered, kindly or not; a broken server (5xx) is no answer."""
    try:
        return act()
    except Refused as refusal:
        if refusal.status >= 500:
            raise
        return refusal.body.encode()


def torn(server: Server, path: str, body: bytes, length: int) -> None:
    """Send part of a request and hang up."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + body[:length])


@pytest.fixture(scope="session")
def swollen():
    """Made before the clock of `soon` starts: packing takes longer than refusing."""
    return archive({"main.dig": b"#" * 100_000_000})


class TestRequests:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", "/api/projects?project=empty&revision=r"),
            ("PUT", "/api/attempts"),
            ("POST", "/git/empty.git/git-receive-pack"),
            ("POST", "/git/empty.git/git-upload-pack"),
        ],
    )
    def test_without_content(self, server, soon, method, path):
        error = refused(lambda: server.call(method, path))

        assert 400 <= error.status < 500
        assert not known(server, "empty")

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b"\xff\xfe", b"null"])
    def test_attempt_from_nonsense(self, server, soon, body):
        error = refused(lambda: server.call("PUT", "/api/attempts", body))

        assert error.status == 400
        assert error.message

    @pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\x1f\x8b\x08" + b"\0" * 20, b"text"])
    def test_archive_of_nonsense(self, server, soon, body):
        error = refused(lambda: put(server, "nonsense", body))

        assert error.status == 400
        assert not known(server, "nonsense")

    def test_archive_that_swells(self, server, swollen, soon):
        error = refused(lambda: put(server, "swelling", swollen))

        assert error.status in (400, 413)
        assert not known(server, "swelling")

    @pytest.mark.parametrize("path", ["/api/attempts/x", "/api/attempts/99999999999999999999"])
    def test_ids_of_the_wrong_form(self, server, soon, path):
        assert refused(lambda: server.call("GET", path)).status == 404

    def test_the_server_still_works(self, server):
        attempt = server.start(server.upload("still", {"main.dig": GOOD}), "main")

        assert server.wait(attempt)["status"] == "success"
        assert "Traceback" not in server.output()


class TestSettings:
    def test_a_database_of_a_newer_version(self, tmp_path):
        server = Server(tmp_path / "newer")
        with server:
            project = server.upload("kept", {"main.dig": GOOD})
        with sqlite3.connect(server.data / "digbot.db") as database:
            database.execute(
                "update alembic_version set version_num = 'engine_9999' where version_num like 'engine%'"
            )
        database.close()

        with pytest.raises(AssertionError, match="the server ended"):
            server.boot()

        assert "newer version" in server.output()
        assert "Traceback" not in server.output()
        assert project == "1"

    def test_beyond_loopback_without_authentication(self, tmp_path):
        words = ["server", "--database", str(tmp_path / "data"), "--port", "0", "--bind", "0.0.0.0"]

        done = run([str(BIN / "digbot"), *words], {"PATH": "/usr/bin:/bin"}, tmp_path)

        assert done.returncode != 0
        assert "authenticat" in done.text
        assert "Traceback" not in done.text

    def test_authentication_covers_api_and_git(self, tmp_path):
        settings = {
            "DIGBOT_CONFIG": "server.authenticator.basic.username = dana\n"
            "server.authenticator.basic.password = s3cret\n"
        }
        with Server(tmp_path / "closed", env=settings) as server:
            assert refused(lambda: server.call("GET", "/api/projects")).status == 401
            path = "/git/x.git/info/refs?service=git-receive-pack"
            assert refused(lambda: server.call("GET", path)).status == 401
            server.auth = "dana:wrong"
            assert refused(lambda: server.call("GET", "/api/projects")).status == 401
            server.auth = "dana:s3cret"
            assert server.call("GET", "/api/projects") == {"projects": []}
        assert basic("dana:s3cret") not in server.output()


class OnSmallDisk(Server):
    """Its task logs lie on a disk of 256 KiB, which only it can see."""

    def command(self) -> list[str]:
        logs = self.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        script = f'mount -t tmpfs -o size=256k none "{logs}" && exec "$@"'
        return [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            *super().command(),
        ]


def namespaces() -> bool:
    trial = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "mount",
        "-t",
        "tmpfs",
        "none",
        "/mnt",
    ]
    try:
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not namespaces(), reason="this machine lets nobody mount a disk of his own")
class TestFullDisk:
    @pytest.mark.parametrize("command", ["head -c 1000000 /dev/zero | tr '\\0' x", "seq 1 100000"])
    def test_while_a_log_is_written(self, tmp_path, command):
        files = {"main.dig": f'+a:\n  sh>: "{command}"\n'.replace("\\", "\\\\"), "ok.dig": GOOD}
        with OnSmallDisk(tmp_path / "small") as server:
            project = server.upload("loud", files)
            begin = time.monotonic()

            attempt = server.start(project, "main")

            assert server.wait(attempt)["status"] == "error"
            assert time.monotonic() - begin < SOON
            (task,) = [t for t in server.tasks(attempt) if t["fullName"] == "+main+a"]
            assert task["state"] == "error"
            assert "log" in task["error"]["message"]
            assert server.call("GET", "/api/version")

    def test_ends_when_there_is_room_again(self, tmp_path):
        files = {"main.dig": "+a:\n  sh>: seq 1 100000\n", "ok.dig": GOOD}
        with OnSmallDisk(tmp_path / "small") as server:
            project = server.upload("loud", files)
            server.wait(server.start(project, "main"))

            logs = Path(f"/proc/{server.pid}/root{server.data}/logs")
            for file in [path for path in logs.rglob("*") if path.is_file()]:
                file.unlink()

            attempt = server.start(project, "ok")
            assert server.wait(attempt)["status"] == "success"
