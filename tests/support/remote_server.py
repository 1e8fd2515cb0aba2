"""A bot with a real engine behind a real web server, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.deploy import Bot
from bot.store import BRANCH
from engine.clock import Clock
from engine.service import Engine
from engine.store.database import ENGINE, Database
from webhooks.git import git_app
from webhooks.listen import WebServer, bind


class Remote:
    """`url` is the address to push to, `NAME.git` to be appended. The engine's loops do not run."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self.data = data
        self.database = Database.open(f"sqlite:///{data}/digbot.db", branches=[ENGINE, BRANCH])
        self.engine = Engine(self.database, data, clock=clock)
        self.bot = Bot(self.engine, self.database, data, clock)
        self.engine.uploads_allowed = self.bot.uploads_allowed
        self.url = ""

    @property
    def git_folder(self) -> Path:
        return self.data / "git"

    def close(self) -> None:
        self.database.close()


@contextmanager
def served(remote: Remote) -> Iterator[Remote]:
    """Answer on a free port of this machine while the block runs."""
    bound = bind("127.0.0.1", 0)
    most = remote.bot.host.limits.pack
    server = WebServer(git_app(remote.bot.host), bound, max_body=most, threads=4)
    remote.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.start()
    try:
        yield remote
    finally:
        server.stop()
