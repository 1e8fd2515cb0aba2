"""The embedded remote over HTTP: git's smart protocol, nothing else of a repository's files.

Who is asking was settled before (webhooks/app.py mounts it behind authentication).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from bot.git.errors import BadRepositoryName, GitError, NoSuchRepository
from bot.git.host import RECEIVE, SERVICES, UPLOAD, GitHost

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_ROUTE = re.compile(rf"/?(?P<name>[^/]+)/(?P<what>info/refs|{UPLOAD}|{RECEIVE})")
_CHUNK = 65536
_ZLIB_OR_GZIP = 47  # zlib's window bits: find out which
_FRESH = [
    ("Expires", "Fri, 01 Jan 1980 00:00:00 GMT"),
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-cache, max-age=0, must-revalidate"),
]


class _Refused(Exception):
    """The request is answered with a status and a sentence."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def git_app(host: GitHost) -> WSGIApplication:
    """The application; its paths are `/NAME.git/…`."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = _Answer(start_response)
        try:
            _route(host, environ, answer)
        except _Refused as refused:
            return answer.refuse(refused.status, str(refused))
        except (NoSuchRepository, BadRepositoryName) as error:
            return answer.refuse("404 Not Found", str(error))
        except GitError as error:
            return answer.refuse("400 Bad Request", str(error))
        return []

    return app


class _Answer:
    """Starts with the first byte, so that an error before it still has a status of its own."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        self._write: Callable[[bytes], object] | None = None
        self.content_type = "text/plain; charset=utf-8"

    def write(self, data: bytes) -> None:
        if self._write is None:
            headers = [("Content-Type", self.content_type), *_FRESH]
            self._write = self._start_response("200 OK", headers)
        self._write(data)

    def refuse(self, status: str, message: str) -> Iterable[bytes]:
        if self._write is not None:  # too late for a status: what was written ends here
            return []
        body = f"{message}\n".encode()
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(body)))]
        self._start_response(status, [*headers, *_FRESH])
        return [body]


def _route(host: GitHost, environ: WSGIEnvironment, answer: _Answer) -> None:
    found = _ROUTE.fullmatch(environ.get("PATH_INFO", ""))
    if found is None:
        raise _Refused("404 Not Found", "Expected /git/NAME.git, the address of a repository")
    name, what, method = found["name"], found["what"], environ["REQUEST_METHOD"]
    if what == "info/refs":
        _check_method(method, "GET")
        _advertise(host, name, environ, answer)
    else:
        _check_method(method, "POST")
        _serve(host, name, what, environ, answer)


def _check_method(method: str, expected: str) -> None:
    if method != expected:
        raise _Refused("405 Method Not Allowed", f"Expected {expected}")


def _advertise(host: GitHost, name: str, environ: WSGIEnvironment, answer: _Answer) -> None:
    service = parse_qs(environ.get("QUERY_STRING", "")).get("service", [""])[0]
    if service not in SERVICES:
        raise _Refused("403 Forbidden", "This repository is served by git's smart protocol only")
    parts: list[bytes] = []
    host.advertise(name, service, parts.append)
    answer.content_type = f"application/x-{service}-advertisement"
    answer.write(b"".join(parts))


def _serve(
    host: GitHost, name: str, service: str, environ: WSGIEnvironment, answer: _Answer
) -> None:
    # Exactly as git sends it: a page in a browser cannot, without asking first.
    if environ.get("CONTENT_TYPE") != f"application/x-{service}-request":
        raise _Refused("415 Unsupported Media Type", f"Expected a request of {service}")
    read = _body(environ, host.limits.pack + _CHUNK)
    answer.content_type = f"application/x-{service}-result"
    host.serve(name, service, read, answer.write)
    answer.write(b"")


def _body(environ: WSGIEnvironment, most: int) -> Callable[[int], bytes]:
    """Read at most so many bytes of the request, unzipped; no more than asked for is unzipped.

    The web server has taken care of chunked transfer.
    """
    source: Any = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > most:
        raise _Refused("413 Content Too Large", f"At most {most >> 20} MiB can be pushed at once")
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Limited(_Unzipped(source).read, most).read
    if encoding != "identity":
        raise _Refused("415 Unsupported Media Type", f"Content-Encoding {encoding} is not known")
    return _Limited(source.read, most).read


class _Limited:
    def __init__(self, read: Callable[[int], bytes], most: int) -> None:
        self._read = read
        self._left = most

    def read(self, size: int) -> bytes:
        data = self._read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _Refused("413 Content Too Large", "The request is too large")
        return data


class _Unzipped:
    def __init__(self, source: Any) -> None:
        self._source = source
        self._stream = zlib.decompressobj(_ZLIB_OR_GZIP)

    def read(self, size: int) -> bytes:
        while not self._stream.eof:
            packed = self._stream.unconsumed_tail or self._source.read(_CHUNK)
            if not packed:
                raise _Refused("400 Bad Request", "The request is cut off")
            try:
                data = self._stream.decompress(packed, size)
            except zlib.error as error:
                raise _Refused("400 Bad Request", f"The request is damaged: {error}") from error
            if data:
                return data
        return b""
