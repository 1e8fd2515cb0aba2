"""A real `digbot server` process, and a client for it: what acceptance tests and benchmarks stand on.

    with Server(tmp_path) as server:
        project = server.upload("etl", {"main.dig": "+a:\n  echo>: hi\n"})
        attempt = server.start(project, "main")
        assert server.wait(attempt)["status"] == "success"

The server runs with `HOME` and the settings' folders inside its own folder, so that nothing of the
user's is read or written. It can be killed like a power cut (`kill9`) and started again.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

SESSION_TIME = "2024-01-02T00:00:00+00:00"
BIN = Path(sys.executable).parent
PATIENCE = 30.0  # seconds; a wait that takes longer is a failure
LONG_POLL = 20.0  # seconds that one request waits for an end
STOPS_WITHIN = 45.0  # seconds; running tasks have 30 of them


class Refused(AssertionError):
    """The server answered with an error status, which the test did not expect."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"HTTP {status}: {body}")
        self.status = status
        self.body = body

    @property
    def message(self) -> str:
        return str(json.loads(self.body)["message"])


class Server:
    """`options` go to the command line. `auth` is "user:password" for every request."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        auth: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.options = options
        self.auth = auth
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = clean_environment(folder) | dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None

    # The process

    def __enter__(self) -> Self:
        self.boot()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def command(self) -> list[str]:
        words = ["server", "--database", str(self.data), "--port", str(self.port)]
        return [str(BIN / "digbot"), *words, *self.options]

    def boot(self) -> float:
        """Start the process and wait until it answers and has said so; the seconds that took."""
        self.folder.mkdir(parents=True, exist_ok=True)
        said = len(self.output())
        begin = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.until(self._answers, "the server answers", pause=0.02)
        seconds = time.monotonic() - begin
        self.until(lambda: len(self.output()) > said, "the server says where it is", pause=0.01)
        return seconds

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.process.returncode}\n{self.output()}")
        try:
            return bool(self.call("GET", "/api/version"))
        except OSError:
            return False

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server was not started"
        return self.process.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, signum: int = signal.SIGTERM) -> int | None:
        """Ask the process to end, and wait until it has; its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signum)
        try:
            return self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not stop\n{self.output()}") from None

    def kill9(self) -> None:
        """End it as a power cut would: nothing of it gets another turn."""
        assert self.process is not None, "the server was not started"
        self.process.kill()
        self.process.wait()

    def restart(self) -> float:
        self.stop()
        return self.boot()

    # The API

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        timeout: float = PATIENCE,
    ) -> Any:
        """The decoded JSON of an answer, or its bytes. Raises `Refused` with what the server said."""
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        request = urllib.request.Request(self.url + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", content_type)
        if self.auth:
            request.add_header("Authorization", basic(self.auth))
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                payload = response.read()
                is_json = response.headers.get_content_type() == "application/json"
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from None
        return json.loads(payload) if is_json and payload else payload

    def upload(self, name: str, files: Mapping[str, str | bytes], revision: str = "") -> str:
        """Make a project, or its next revision, as Digdag's client does; the project's id."""
        query = urllib.parse.urlencode(
            {"project": name, "revision": revision or f"{time.time_ns()}"}
        )
        answer = self.call(
            "PUT", f"/api/projects?{query}", archive(files), content_type="application/gzip"
        )
        return str(answer["id"])

    def workflow(self, project_id: str, name: str) -> str:
        query = urllib.parse.urlencode({"name": name})
        found = self.call("GET", f"/api/projects/{project_id}/workflows?{query}")["workflows"]
        return str(found[0]["id"])

    def project(self, name: str) -> dict[str, Any]:
        query = urllib.parse.urlencode({"name": name})
        found: list[dict[str, Any]] = self.call("GET", f"/api/projects?{query}")["projects"]
        return found[0]

    def start(
        self,
        project_id: str,
        workflow: str,
        *,
        session_time: str = SESSION_TIME,
        params: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """Start a session; the attempt's id."""
        body = {
            "workflowId": self.workflow(project_id, workflow),
            "sessionTime": session_time,
            "params": dict(params or {}),
            **more,
        }
        return str(self.call("PUT", "/api/attempts", body)["id"])

    def attempt(self, attempt_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/api/attempts/{attempt_id}")
        return found

    def attempts(self, **query: str) -> list[dict[str, Any]]:
        """Every attempt, newest first, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            page = {"include_retried": "true", "page_size": "100", **query}
            if found:
                page["last_id"] = found[-1]["id"]
            more = self.call("GET", f"/api/attempts?{urllib.parse.urlencode(page)}")["attempts"]
            if not more:
                return found
            found += more

    def tasks(self, attempt_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/api/attempts/{attempt_id}/tasks")["tasks"]
        return found

    def states(self, attempt_id: str) -> dict[str, str]:
        return {task["fullName"]: task["state"] for task in self.tasks(attempt_id)}

    def task_log(self, attempt_id: str, task: str | None = None) -> str:
        """The text of all logs of an attempt, or of one task's."""
        parts = []
        for file in self.call("GET", f"/api/logs/{attempt_id}/files")["files"]:
            if task in (None, file["taskName"]):
                name = urllib.parse.quote(file["fileName"])
                parts.append(unzip(self.call("GET", f"/api/logs/{attempt_id}/files/{name}")))
        return "".join(parts)

    # Waiting

    def wait(
        self, attempt_id: str, timeout: float = PATIENCE, pause: float = 0.02
    ) -> dict[str, Any]:
        """The attempt, once it is done. The server tells: asking again and again would cost it."""
        end = time.monotonic() + timeout
        while True:
            seconds = min(max(end - time.monotonic(), 0), LONG_POLL)
            found: dict[str, Any] = self.call(
                "GET",
                f"/api/digbot/attempts/{attempt_id}/wait?timeout={seconds:.3f}",
                timeout=seconds + PATIENCE,
            )
            if found["done"]:
                return found
            if time.monotonic() >= end:
                raise AssertionError(
                    f"waited {timeout} s in vain for attempt {attempt_id}\n{self.output()}"
                )
            time.sleep(pause)  # it answers at once when too many wait

    def until(
        self,
        ready: Callable[[], object],
        what: str,
        *,
        timeout: float = PATIENCE,
        pause: float = 0.05,
    ) -> None:
        """Ask until `ready` says yes. Fails with `what` and the server's output."""
        end = time.monotonic() + timeout
        while not ready():
            if time.monotonic() > end:
                raise AssertionError(f"waited {timeout} s in vain until {what}\n{self.output()}")
            time.sleep(pause)

    # The command line and git

    def digbot(self, *words: str, cwd: Path | None = None, timeout: float = PATIENCE) -> Ran:
        """Run the client against this server."""
        return run([str(BIN / "digbot"), *words], self._client(), cwd or self.folder, timeout)

    def git(self, *words: str, cwd: Path, timeout: float = PATIENCE) -> Ran:
        return run(["git", *words], self._client(), cwd, timeout)

    def git_url(self, name: str) -> str:
        return f"{self.url}/git/{name}.git"

    def _client(self) -> dict[str, str]:
        settings = f"client.http.endpoint = {self.url}"
        return self.environment | {"DIGBOT_CONFIG": settings}


class Ran(subprocess.CompletedProcess[str]):
    """What a command left behind; `text` is both outputs."""

    @property
    def text(self) -> str:
        return f"{self.stdout}{self.stderr}"

    def ok(self) -> str:
        """Its output. Fails when it did."""
        assert self.returncode == 0, f"{self.args} ended with {self.returncode}\n{self.text}"
        return self.text


def run(command: list[str], env: Mapping[str, str], cwd: Path, timeout: float = PATIENCE) -> Ran:
    done = subprocess.run(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(done.args, done.returncode, done.stdout, done.stderr)


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment without the user's settings of git, digbot and Digdag."""
    person = {"NAME": "Dana", "EMAIL": "dana@shop.example"}
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "DIGBOT_", "DIGDAG_"))},
        **{f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in person.items()},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "share"),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A project as clients upload it. Scripts are executable."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.mode = 0o755 if path.endswith(".sh") else 0o644
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def unzip(data: bytes) -> str:
    """A log file's text, as far as it was written: that of a running task has no end yet."""
    with contextlib.suppress(EOFError):
        return gzip.decompress(data).decode(errors="replace")
    return "".join(_readable(data))


def _readable(data: bytes) -> Iterator[str]:
    with gzip.open(io.BytesIO(data)) as stream, contextlib.suppress(EOFError):
        while part := stream.read1(65536):
            yield part.decode(errors="replace")
