"""HTTP to one server, with the standard library alone: it is imported by every client command."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from bot.client.errors import ClientError, Refused, Unreachable
from engine.errors import ConfigError

DEFAULT_PORTS = {"http": 80, "https": 443}
TIMEOUT_SECONDS = 60.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5

Query = Mapping[str, Any]


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Endpoint:
    """Where the server is. `path` is what a reverse proxy puts before `/api`."""

    scheme: str
    host: str
    port: int
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"


def endpoint(text: str) -> Endpoint:
    """`host`, `host:port`, `http://…` or `https://…`, also with `user:password@` (cli.md §1)."""
    if "://" in text and not text.startswith(("http://", "https://")):
        raise ConfigError(f"Endpoint must start with http:// or https://: {text}")
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise ConfigError(f"Endpoint has a port that is no number up to 65535: {text}") from None
    if not parts.hostname:
        raise ConfigError(f"Endpoint names no host: {text}")
    return Endpoint(parts.scheme, parts.hostname, port, parts.path.rstrip("/"), _user(parts))


def _user(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    return {"Authorization": basic(f"{unquote(parts.username)}:{unquote(parts.password or '')}")}


def basic(credentials: str) -> str:
    """The `Authorization` header of `user:password`."""
    return "Basic " + base64.b64encode(credentials.encode()).decode()


class Connection:
    """Requests to one server over one connection, opened when first needed and kept."""

    def __init__(
        self,
        server: Endpoint,
        *,
        headers: Mapping[str, str] | None = None,
        verify: bool = True,
        timeout: float = TIMEOUT_SECONDS,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.server = server
        self._headers = {
            "User-Agent": "digbot",
            "Accept": "application/json, */*",
            **server.headers,
            **(headers or {}),
        }
        self._verify = verify
        self._timeout = timeout
        self._environ = os.environ if environ is None else environ
        self._open: http.client.HTTPConnection | None = None
        self._prefix = ""

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send and read whole. `path` begins with `/`. Raises `Unreachable` or `Refused`."""
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = content_type
        target = self.server.path + path + _query(query)
        answer = self._send(method, target, body, headers)
        if answer.status in REDIRECTS:
            answer = self._follow(answer)
        if answer.status >= 300:
            raise Refused(answer.status, answer.body.decode("utf-8", "replace"))
        return answer

    def _send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        kept = self._open is not None
        try:
            return self._once(method, target, body, headers)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            # A kept connection may have been closed by the server while it was idle; then nothing
            # of the request was read. Only what may be asked twice is asked again.
            if kept and method == "GET":
                return self._send(method, target, body, headers)
            raise Unreachable(self._explain(error)) from error

    def _once(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        if self._open is None:
            self._open = self._connect()
        self._open.request(method, self._prefix + target, body, dict(headers))
        response = self._open.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())

    def _connect(self) -> http.client.HTTPConnection:
        """To the server, or to its proxy: through a tunnel for https, asked for whole URLs else."""
        proxy = _proxy(self.server, self._environ)
        near = proxy or self.server
        if self.server.scheme == "http":
            self._prefix = f"http://{self.server.netloc}" if proxy else ""
            return http.client.HTTPConnection(near.host, near.port, timeout=self._timeout)
        connection = http.client.HTTPSConnection(
            near.host, near.port, timeout=self._timeout, context=self._context()
        )
        if proxy:
            connection.set_tunnel(self.server.host, self.server.port)
        return connection

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _explain(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            reason = f"no answer within {self._timeout:.0f} s"
        elif isinstance(error, socket.gaierror):
            reason = f"the host {self.server.host} is not known"
        elif isinstance(error, ConnectionRefusedError):
            reason = "nothing listens there; is `digbot server` running?"
        else:
            reason = str(error) or type(error).__name__
        return f"Cannot reach {self.server.url}: {reason}"

    def _follow(self, answer: Answer) -> Answer:
        """Storage behind a redirect is read without our credentials (rest-api.md §5)."""
        for _ in range(MOST_REDIRECTS):
            location = answer.headers.get("Location", "")
            if not location.startswith(("http://", "https://")):
                raise ClientError(f"The server redirects to {location!r}, which is no URL")
            parts = urlsplit(location)
            elsewhere = Connection(
                endpoint(f"{parts.scheme}://{parts.netloc}"),
                verify=self._verify,
                timeout=self._timeout,
                environ=self._environ,
            )
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            answer = elsewhere._send("GET", target, None, {"User-Agent": "digbot"})
            elsewhere.close()
            if answer.status not in REDIRECTS:
                return answer
        raise ClientError(f"The server redirects more than {MOST_REDIRECTS} times")


def segment(text: str) -> str:
    """One part of a path, whatever is in it."""
    return quote(text, safe="")


def _query(query: Query | None) -> str:
    pairs = list(_pairs(query or {}))
    return "?" + urlencode(pairs) if pairs else ""


def _pairs(query: Query) -> Iterator[tuple[str, str]]:
    """Absent values are left out, lists are repeated, booleans are Digdag's words."""
    for key, value in query.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if item is not None:
                yield key, str(item).lower() if isinstance(item, bool) else str(item)


def _proxy(server: Endpoint, environ: Mapping[str, str]) -> Endpoint | None:
    """The proxy of `http_proxy` or `https_proxy`, unless `no_proxy` names the host."""
    name = f"{server.scheme}_proxy"
    found = environ.get(name) or environ.get(name.upper())
    if not found or _excepted(server.host, _names(environ)):
        return None
    return endpoint(found)


def _names(environ: Mapping[str, str]) -> Iterable[str]:
    text = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return (name.strip().lstrip(".") for name in text.split(","))


def _excepted(host: str, names: Iterable[str]) -> bool:
    if host in ("localhost", "127.0.0.1", "::1"):
        return True
    return any(
        name == "*" or (name and (host == name or host.endswith("." + name))) for name in names
    )
