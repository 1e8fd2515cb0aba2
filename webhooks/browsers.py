"""Keeps pages of other sites from using somebody's browser against the server.

A browser sends requests for any page it shows: to a server on the reader's own machine, and with
the password that the reader once gave. Programs name the host they mean, and have no origin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from bot.wire import dumps
from webhooks.auth import Environ, StartResponse, Wsgi, is_loopback

SETTING = "server.allowed-hosts"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def keep_out(inner: Wsgi, *, is_open: bool, allowed: Collection[str] = ()) -> Wsgi:
    """Answer 403 to what another site's page asks for.

    `is_open`: nobody needs a password, so the host that is asked for must be this machine; a name
    that another site made point here is refused (DNS rebinding). Requests that change something
    must come from no page, or from one of this server. `allowed` are further host names, of a
    proxy or of a page that may.
    """
    known = frozenset(host.lower() for host in allowed)

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if is_open and not (_is_here(host) or _name(host) in known):
            return _refuse(f"Nobody is served under the name '{_name(host)}'", start_response)
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and environ["REQUEST_METHOD"] not in SAFE:
            asking = urlsplit(origin).netloc
            if asking.lower() != host.lower() and _name(asking) not in known:
                return _refuse(f"Pages of {origin} may change nothing here", start_response)
        return inner(environ, start_response)

    return application


def _name(host: str) -> str:
    """The host without its port, in lower case."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_here(host: str) -> bool:
    return not host or is_loopback(_name(host))


def _refuse(reason: str, start_response: StartResponse) -> Iterable[bytes]:
    body = dumps({"message": f"{reason}: name the host in {SETTING} if it may", "status": 403})
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", headers)
    return [body]
