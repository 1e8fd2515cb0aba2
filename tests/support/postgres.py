"""A PostgreSQL server of the tests' own: a folder and a socket in it, gone afterwards."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

# Nothing here outlives the tests, so nothing needs to reach the disk.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}


def installed() -> Path | None:
    """The folder of the newest server's programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    if newest is not None:
        return newest.parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class PostgresServer:
    """Start with `start`, end with `stop`; `new_database` gives the address of an empty one."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._numbers = itertools.count(1)
        # Short, because the path of a socket is limited to some 100 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="digbot-pg-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self.folder / "data"
        if os.getuid() == 0:
            os.chown(self.folder, _user().pw_uid, _user().pw_gid)
        self._run("initdb", "-D", data, "-U", "digbot", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command = ["postgres", "-D", data, "-k", self.folder, *options]
        with self._log().open("wb") as log:
            self._process = subprocess.Popen(
                self._command(*command), stdout=subprocess.DEVNULL, stderr=log
            )
        self._wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: at once
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql://digbot@/{name}?host={self.folder}"

    def _connect(self) -> psycopg.Connection:
        import psycopg

        return psycopg.connect(
            host=str(self.folder), user="digbot", dbname="postgres", autocommit=True
        )

    def _wait(self) -> None:
        import psycopg

        end = time.monotonic() + 30
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > end or self._process.poll() is not None:
                    reason = self._log().read_text()
                    raise RuntimeError(f"PostgreSQL does not start:\n{reason}") from error
                time.sleep(0.02)

    def _log(self) -> Path:
        return self.folder / "log"

    def _run(self, *command: object) -> None:
        done = subprocess.run(self._command(*command), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    def _command(self, program: str, *arguments: object) -> Sequence[str]:
        """PostgreSQL refuses to be root. It ends with the process of the tests, whatever ends that."""
        command = [str(self._programs / program), *map(str, arguments)]
        if shutil.which("setpriv") is None:
            return command
        drop = ["--pdeathsig", "QUIT"]
        if os.getuid() == 0:
            drop += [f"--reuid={_user().pw_uid}", f"--regid={_user().pw_gid}", "--clear-groups"]
        return ["setpriv", *drop, *command]


def _user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("There is no user postgres or nobody to run PostgreSQL as")
