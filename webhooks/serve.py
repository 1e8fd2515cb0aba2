"""digbot server: API, git remote, scheduler and executor in one process (cli.md §6).

SIGTERM and Ctrl-C end it in order: no more connections, no new tasks, running ones get a grace
period and are handed back after it. A second Ctrl-C ends it at once; what it leaves behind is
stopped or taken up again at the next start.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from bot.cli.base import Command, Parser, WrongUsage
from bot.cli.connect import settings as load_config
from bot.cli.data import data_folder, database_url
from bot.cli.output import say
from bot.cli.params import add_params, gather
from engine.errors import ConfigError
from engine.model import Params
from webhooks.auth import is_loopback
from webhooks.listen import WebServer, bind
from webhooks.lock import FolderLock
from webhooks.parts import Parts, assemble
from webhooks.settings import HEADERS, ServerSettings, read

INTERRUPTED = 130
LEVELS = {"error": 40, "warn": 30, "info": 20, "debug": 10, "trace": 5}
LINE = "%(asctime)s [%(levelname)s] (%(threadName)s) %(name)s: %(message)s"
TIME = "%Y-%m-%d %H:%M:%S %z"


def configure(parser: Parser) -> None:
    parser.add_argument("-n", "--port", metavar="PORT", help="port to listen on (65432; 0: any)")
    parser.add_argument("-b", "--bind", metavar="HOST", help="address to listen on (127.0.0.1)")
    parser.add_argument(
        "-o", "--database", metavar="DIR", help="data folder (default: the user's, for digbot)"
    )
    parser.add_argument("-m", "--memory", action="store_true", help="keep nothing after the end")
    parser.add_argument("--grace", metavar="SECONDS", help="for running tasks at the end (30)")
    parser.add_argument("--max-task-threads", metavar="N", help="commands at once (no limit)")
    parser.add_argument("--disable-scheduler", action="store_true", help="start no schedules here")
    parser.add_argument(
        "-H",
        "--header",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a header for all answers of the API",
    )
    add_params(parser)


def run(options: argparse.Namespace) -> int:
    if options.memory and options.database:
        raise WrongUsage("Setting both --database and --memory is invalid")
    config = with_options(load_config(options), options)
    settings = read(config)
    refuse_open_door(settings)
    _set_up_logging(options)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options, config))
        return serve(folder, config, settings, gather(options, config))


def with_options(config: Mapping[str, str], options: argparse.Namespace) -> dict[str, str]:
    """The configuration, the options of the command over it (cli.md §6)."""
    chosen = {
        "server.port": options.port,
        "server.bind": options.bind,
        "server.stop-grace": options.grace,
        "agent.max-task-threads": options.max_task_threads,
        "schedule.enabled": "false" if options.disable_scheduler else None,
    }
    merged = {**config, **{key: value for key, value in chosen.items() if value is not None}}
    for text in options.header:
        key, separator, value = text.partition("=")
        if not separator:
            raise WrongUsage(f"Option -H expected a value of the form KEY=VALUE but got: {text}")
        merged[HEADERS + key] = value
    return merged


def refuse_open_door(settings: ServerSettings) -> None:
    """Whoever reaches the server can run commands on it, so strangers must not."""
    if settings.credentials is None and not is_loopback(settings.bind):
        raise ConfigError(
            f"Listening on {settings.bind} without authentication would let everybody who can "
            "reach this machine run commands on it. Set server.authenticator.basic.username and "
            "server.authenticator.basic.password in the file of --config, or listen on 127.0.0.1."
        )


@contextmanager
def _folder(options: argparse.Namespace, config: Mapping[str, str]) -> Iterator[Path]:
    if not options.memory:
        yield data_folder(options.database, config)
        return
    with tempfile.TemporaryDirectory(prefix="digbot-") as name:
        yield Path(name)


def _set_up_logging(options: argparse.Namespace) -> None:
    target = {"filename": options.log} if options.log != "-" else {"stream": sys.stderr}
    logging.basicConfig(level=LEVELS[options.log_level], format=LINE, datefmt=TIME, **target)
    logging.getLogger("dulwich").setLevel(logging.WARNING)  # it tells of every request
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it tells of every try of a fetch


def serve(folder: Path, config: Mapping[str, str], settings: ServerSettings, params: Params) -> int:
    """Run until a signal asks to end; the exit code."""
    signals = Signals()
    lock = FolderLock(folder)
    lock.acquire()
    bound = bind(settings.bind, settings.port)
    parts = assemble(folder, database_url(folder, config), config, settings, params)
    web = WebServer(parts.application, bound, max_body=parts.max_body, threads=settings.threads)
    port = bound.getsockname()[1]
    parts.start()
    signals.abandon = parts.engine.abandon
    web.start()
    announce(folder, settings, port)
    try:
        signals.wait()
        _stop(parts, web, settings.grace)
    finally:
        lock.release()
    return 0


def _stop(parts: Parts, web: WebServer, grace: float) -> None:
    _say(f"Stopping: running tasks have {grace:g} s. Press Ctrl-C to stop at once.")
    web.close_door()
    parts.stop(grace)
    web.stop()
    parts.close()
    _say("Stopped.")


def announce(folder: Path, settings: ServerSettings, port: int) -> None:
    """Where it is, for people, and for programs in the file of `server.runtime-info.path`."""
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    url = f"http://{host}:{port}"
    _say(
        f"digbot server is ready (process {os.getpid()})",
        f"  address      {url}",
        f"  git remote   {url}/git/NAME.git   (git push {url}/git/NAME.git main)",
        f"  data folder  {folder}",
    )
    if settings.runtime_info:
        addresses = [{"host": settings.bind, "port": port}]
        info = {"local_addresses": addresses, "local_admin_addresses": []}
        Path(settings.runtime_info).write_text(json.dumps(info), encoding="utf-8")


def _say(*lines: str) -> None:
    """To whoever started the server, at once: the output is often a file or a pipe."""
    say("\n".join(lines))
    sys.stdout.flush()


class Signals:
    """SIGTERM and Ctrl-C ask for the end; Ctrl-C when it was asked for does not wait for it."""

    def __init__(self) -> None:
        self.abandon: Callable[[], None] = lambda: None  # what ends at once with the process
        self._asked = threading.Event()
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def wait(self) -> None:
        self._asked.wait()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._asked.is_set() and number == signal.SIGINT:
            self.abandon()
            os._exit(INTERRUPTED)
        self._asked.set()


command = Command("Serve the API, the git remote and the scheduler.", configure, run)
