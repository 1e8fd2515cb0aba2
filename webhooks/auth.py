"""Who is asking: HTTP basic authentication for API and git alike (rest-api.md §3)."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.wire import dumps

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

USER = "digbot.user"  # in the WSGI environment: who is asking, None when nobody has to say
GUARDED = ("/api", "/git")
OPEN_PATHS = frozenset({"/api/version"})
OPEN_METHODS = frozenset({"OPTIONS", "TRACE"})
CHALLENGE = 'Basic realm="digbot", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class User:
    name: str
    admin: bool = False


class Denied(Exception):
    """No credentials, or wrong ones."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one user of a server."""

    username: str
    password: str
    admin: bool = False


class Authenticator:
    """Without credentials everything is open, and `Authorization` headers are ignored."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials

    def user(self, header: str | None) -> User | None:
        """Who sent this `Authorization` header. Raises `Denied`."""
        known = self._credentials
        if known is None:
            return None
        if not header:
            raise Denied("Missing Authorization header")
        name, password = _decode(header)
        # Both are always compared, and in constant time: an answer's delay must not tell which.
        fine = _same(name, known.username) & _same(password, known.password)
        if not fine:
            raise Denied("unauthorized")
        return User(name, known.admin)


def _decode(header: str) -> tuple[str, str]:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        raise Denied("unauthorized")
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Denied("unauthorized") from None
    name, separator, password = decoded.partition(":")
    if not separator:
        raise Denied("unauthorized")
    return name, password


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def guard(inner: Wsgi, authenticator: Authenticator) -> Wsgi:
    """Let through what may pass, with `USER` in the environment; answer the rest with 401."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ[USER] = None
        if not is_guarded(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")):
            return inner(environ, start_response)
        try:
            environ[USER] = authenticator.user(environ.get("HTTP_AUTHORIZATION"))
        except Denied as denied:
            return _refuse(str(denied), start_response)
        return inner(environ, start_response)

    return application


def is_guarded(method: str, path: str) -> bool:
    if path in OPEN_PATHS or method in OPEN_METHODS:
        return False
    return any(path == root or path.startswith(f"{root}/") for root in GUARDED)


def _refuse(message: str, start_response: StartResponse) -> Iterable[bytes]:
    body = dumps({"message": message, "status": 401})
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("WWW-Authenticate", CHALLENGE),
    ]
    start_response("401 Unauthorized", headers)
    return [body]


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can connect to what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
