from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from webhooks.listen import CannotListen, WebServer, bind


class Site:
    """An application that says hello, and on /slow waits for `gate` first."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            self.entered.set()
            self.gate.wait(10)
        start_response("200 OK", [("Content-Length", "5")])
        return [b"hello"]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[tuple[WebServer, int]]:
    bound = bind("127.0.0.1", 0)
    web = WebServer(site, bound, max_body=1000, threads=4)
    web.start()
    yield web, bound.getsockname()[1]
    site.gate.set()
    web.stop()


def get(port: int, path: str = "/") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def test_serves(server):
    assert get(server[1]) == b"hello"


def test_a_request_under_way_ends_after_the_door_is_closed(server, site):
    web, port = server
    found = []
    client = threading.Thread(target=lambda: found.append(get(port, "/slow")))
    client.start()
    assert site.entered.wait(10)

    web.close_door()

    refused = False
    end = time.monotonic() + 10
    while not refused and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            refused = True
    assert refused
    site.gate.set()
    client.join()
    assert found == [b"hello"]


def test_a_body_that_is_too_large(server):
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=10)
    connection.request("PUT", "/", b"x" * 2000)

    assert connection.getresponse().status == 413
    connection.close()


def test_an_address_that_is_taken():
    taken = bind("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]

    with pytest.raises(CannotListen, match=f"port {port}: .*in use.*--port"):
        bind("127.0.0.1", port)
    taken.close()


def test_an_address_that_is_nobodys():
    with pytest.raises(CannotListen, match="Cannot listen on"):
        bind("host.invalid", 0)
