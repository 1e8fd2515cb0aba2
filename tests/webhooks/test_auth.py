from __future__ import annotations

from base64 import b64encode

import pytest
from werkzeug.test import Client

from webhooks.auth import USER, Authenticator, Credentials, Denied, User, guard, is_loopback

DANA = Credentials("dana", "s3crét:x")


def header(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


class TestAuthenticator:
    def test_the_user(self):
        assert Authenticator(DANA).user(header("dana:s3crét:x")) == User("dana", admin=False)

    @pytest.mark.parametrize(
        "given",
        [
            header("dana:wrong"),
            header("eve:s3crét:x"),
            header("dana"),
            header(":"),
            "Basic %%%",
            "Basic",
            "TD1 1/abc",
            "Bearer x",
            b64encode(b"dana:s3cret").decode(),
            "Basic " + b64encode(b"dana:\xff").decode(),
        ],
    )
    def test_everybody_else(self, given):
        with pytest.raises(Denied, match="unauthorized"):
            Authenticator(DANA).user(given)

    def test_nobody(self):
        with pytest.raises(Denied, match="Missing Authorization header"):
            Authenticator(DANA).user(None)

    @pytest.mark.parametrize("given", [None, "TD1 1/abc", header("eve:x")])
    def test_without_credentials_headers_are_ignored(self, given):
        assert Authenticator(None).user(given) is None


def application(environ, start_response):
    start_response("200 OK", [])
    return [str(environ[USER]).encode()]


@pytest.fixture
def client() -> Client:
    return Client(guard(application, Authenticator(DANA)))


class TestGuard:
    @pytest.mark.parametrize(
        "path", ["/api", "/api/", "/api/projects", "/api/version/check", "/git/x.git/info/refs"]
    )
    def test_closed(self, client, path):
        answer = client.get(path)

        assert answer.status_code == 401
        assert answer.json == {"message": "Missing Authorization header", "status": 401}
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("path", ["/", "/api/version", "/health", "/apiary", "/gitignore"])
    def test_open(self, client, path):
        assert client.get(path).text == "None"

    @pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
    def test_methods_that_are_never_checked(self, client, method):
        assert client.open("/api/projects", method=method).status_code == 200

    def test_who_passes_is_known_inside(self, client):
        answer = client.get("/api/projects", headers={"Authorization": header("dana:s3crét:x")})

        assert answer.text == str(User("dana"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.1", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected
