from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.client.errors import Refused, Unreachable
from bot.client.http import Connection, Endpoint, basic, endpoint, segment
from engine.errors import ConfigError


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, or as the path says."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        if self.path.startswith("/redirect"):
            self.respond(303, b"", {"Location": f"http://{self.headers['Host']}/there?x=1"})
            return
        if self.path.startswith("/fail"):
            self.respond(404, b'{"message": "none", "status": 404}')
            return
        said = {
            "method": self.command,
            "path": self.path,
            "body": body,
            "headers": {key.lower(): value for key, value in self.headers.items()},
        }
        self.respond(200, json.dumps(said).encode())
        if self.path.startswith("/hangup"):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def respond(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[Connection]:
    made = Connection(Endpoint("http", "127.0.0.1", port), environ={})
    yield made
    made.close()


def said(connection: Connection, method: str, path: str, **more: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(connection.ask(method, path, **more).body)  # type: ignore[arg-type]
    return found


class TestEndpoints:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("example.com", "http://example.com:80"),
            ("example.com:65432", "http://example.com:65432"),
            ("http://example.com", "http://example.com:80"),
            ("https://example.com", "https://example.com:443"),
            ("https://example.com:8443/base/", "https://example.com:8443/base"),
            ("http://[::1]:65432", "http://[::1]:65432"),
        ],
    )
    def test_forms(self, text, url):
        assert endpoint(text).url == url

    def test_credentials_in_the_address(self):
        found = endpoint("http://dana:a%40b@example.com")

        assert found.headers == {"Authorization": basic("dana:a@b")}
        assert found.url == "http://example.com:80"

    @pytest.mark.parametrize("text", ["ftp://example.com", "http://", "host:port", "host:99999"])
    def test_what_is_none(self, text):
        with pytest.raises(ConfigError, match="Endpoint"):
            endpoint(text)


class TestRequests:
    def test_query_body_and_headers(self, port):
        with_header = Connection(
            Endpoint("http", "127.0.0.1", port, "/base"), headers={"X-One": "1"}, environ={}
        )
        query = {"a": "x y", "none": None, "flag": True, "many": ["1", "2"]}

        found = said(with_header, "PUT", "/p", query=query, body=b"{}")

        assert found["path"] == "/base/p?a=x+y&flag=true&many=1&many=2"
        assert (found["method"], found["body"]) == ("PUT", "{}")
        headers = found["headers"]
        assert isinstance(headers, dict)
        assert (headers["x-one"], headers["content-type"]) == ("1", "application/json")
        with_header.close()

    def test_a_refusal_has_status_and_body(self, connection):
        with pytest.raises(Refused, match=r"Resource not found: .*none") as caught:
            connection.ask("GET", "/fail")

        assert caught.value.status == 404

    def test_one_connection_serves_many_requests(self, connection):
        for number in range(3):
            assert said(connection, "GET", f"/{number}")["path"] == f"/{number}"

    def test_a_connection_closed_meanwhile_is_opened_again(self, connection):
        said(connection, "GET", "/hangup")

        assert said(connection, "GET", "/again")["path"] == "/again"

    def test_redirects_go_without_our_credentials(self, port):
        secret = Connection(
            Endpoint("http", "127.0.0.1", port), headers={"Authorization": "secret"}, environ={}
        )

        found = said(secret, "GET", "/redirect")

        assert found["path"] == "/there?x=1"
        assert "authorization" not in str(found["headers"])
        secret.close()

    def test_segments_are_escaped_whole(self):
        assert segment("+wf/a b@1") == "%2Bwf%2Fa%20b%401"


class TestTrouble:
    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}: nothing listens there"):
            Connection(Endpoint("http", "127.0.0.1", port), environ={}).ask("GET", "/")

    def test_no_answer(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            address = Endpoint("http", "127.0.0.1", silent.getsockname()[1])
            with pytest.raises(Unreachable, match="no answer within"):
                Connection(address, timeout=0.05, environ={}).ask("GET", "/")


class TestProxies:
    def test_plain_requests_name_the_whole_url(self, port):
        environ = {"http_proxy": f"http://127.0.0.1:{port}"}
        through = Connection(Endpoint("http", "far.example", 80), environ=environ)

        assert said(through, "GET", "/x")["path"] == "http://far.example:80/x"
        through.close()

    @pytest.mark.parametrize("no_proxy", ["*", "far.example", ".example", "other, far.example"])
    def test_exceptions(self, no_proxy):
        environ = {"http_proxy": "http://127.0.0.1:1", "no_proxy": no_proxy}
        direct = Connection(Endpoint("http", "far.example", 9), environ=environ, timeout=0.01)

        with pytest.raises(Unreachable, match=r"host far\.example is not known|far\.example:9"):
            direct.ask("GET", "/")

    def test_this_machine_needs_none(self, connection, port):
        near = Connection(
            Endpoint("http", "127.0.0.1", port), environ={"http_proxy": "http://127.0.0.1:1"}
        )

        assert said(near, "GET", "/near")["path"] == "/near"
        near.close()
