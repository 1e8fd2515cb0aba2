"""The web server: waitress on one socket, in a thread of its own, with an orderly end."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from engine.errors import EngineError
from webhooks.auth import Wsgi

THREADS = 16
CONNECTIONS = 1000
BACKLOG = 1024
IDLE_SECONDS = 120  # a connection without a request is closed after
LOOP_SECONDS = 30.0  # between two looks at idle connections; whatever happens wakes the loop
END_SECONDS = 5.0  # for requests under way when the server stops


class CannotListen(EngineError):
    """The address cannot be listened on."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that nobody else takes the address, but does not listen yet."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host}: {error.strerror}") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise CannotListen(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Is another server running? --port chooses another one, 0 any free one."
        ) from None
    return bound


class WebServer:
    """Serves from `start` to `stop`."""

    def __init__(
        self, application: Wsgi, bound: socket.socket, *, max_body: int, threads: int = THREADS
    ) -> None:
        # It warns of every request that has to wait for a thread; waiting is what a queue is for.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._map: dict[int, Any] = {}
        self._stopping = False
        self._server = create_server(
            application,
            map=self._map,
            sockets=[bound],
            threads=threads,
            backlog=BACKLOG,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            max_request_body_size=max_body,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            ident="digbot",
        )
        self._thread = threading.Thread(target=self._loop, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close_door(self) -> None:
        """Accept no more connections; requests under way go on."""
        self._server.trigger.pull_trigger(self._close_listener)

    def stop(self) -> None:
        """Let requests end, then close everything."""
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=END_SECONDS)
        self._stopping = True
        self._server.trigger.pull_trigger()
        self._thread.join(END_SECONDS)
        wasyncore.close_all(self._map, ignore_all=True)

    def _loop(self) -> None:
        while self._map and not self._stopping:
            wasyncore.loop(timeout=LOOP_SECONDS, use_poll=True, map=self._map, count=1)

    def _close_listener(self) -> None:
        """In the loop's thread: the sockets' map is the loop's."""
        self._server.accepting = False
        self._server.del_channel()
        self._server.socket.close()
