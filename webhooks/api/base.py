"""What every resource needs: the engine, the parameters of a request, its body."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, request
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import BaseConverter, ValidationError

from webhooks.errors import BadRequest

if TYPE_CHECKING:
    from bot.deploy import Bot
    from engine.service import Engine

KEY = "digbot"
MOST_ID = 2**63 - 1
JSON_LIMIT = 16 * 1024 * 1024  # bytes of a body, unpacked; far above any request of a client
DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the settings say about the API (rest-api.md §14)."""

    max_sessions_page_size: int = DEFAULT_PAGE
    max_attempts_page_size: int = DEFAULT_PAGE
    upgrade_recommended_if_older: str | None = None
    api_incompatible_if_older: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """What the views work with; one per application."""

    engine: Engine
    bot: Bot | None
    settings: ApiSettings
    version: str


def services() -> Services:
    found: Services = current_app.extensions[KEY]
    return found


class IdConverter(BaseConverter):
    """An id in a path. What is no number of 64 bits is no path of ours: 404 (rest-api.md §1)."""

    regex = r"\d{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if not value.isascii() or number > MOST_ID:
            raise ValidationError
        return number


# -- parameters of the query ---------------------------------------------------------------------


def text(name: str) -> str | None:
    return request.args.get(name)


def required(name: str) -> str:
    value = request.args.get(name)
    if value is None:
        raise BadRequest(f"{name}= is required")
    return value


def flag(name: str) -> bool:
    """The word `true` in any case; everything else is false."""
    return request.args.get(name, "").lower() == "true"


def number(name: str) -> int | None:
    """An integer; of the wrong form, it is 404 (rest-api.md §1)."""
    value = request.args.get(name)
    if value is None or value == "":
        return None
    digits = value.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > MOST_ID:
        raise NoSuchPath(f"{name} is no number: {value}")
    return int(value)


def size(name: str, most: int | None = None) -> int:
    """How many entries of a list are wanted."""
    wanted = number(name)
    if wanted is None:
        return DEFAULT_PAGE if most is None else min(DEFAULT_PAGE, most)
    if wanted < 0:
        raise BadRequest(f"{name} must not be negative: {wanted}")
    if most is not None and wanted > most:
        raise BadRequest(
            f"Your specified page_size is Optional.of({wanted}), but it is larger than "
            f"MAX_PAGE_SIZE: {most}. You must specify page_size with a number which is smaller "
            f"than {most}."
        )
    return min(wanted, MOST_ID)


# -- the body ------------------------------------------------------------------------------------


def raw_body(limit: int, too_large: str) -> bytes:
    """The bytes of the body, unpacked. Raises `BadRequest` above `limit` bytes."""
    if (request.content_length or 0) > limit:
        raise BadRequest(too_large)
    data = request.stream.read(limit + 1)
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        data = _unpack(data, encoding, limit)
    elif encoding != "identity":
        raise BadRequest(f"Content-Encoding {encoding} is not known; gzip and deflate are")
    if len(data) > limit:
        raise BadRequest(too_large)
    return data


def _unpack(data: bytes, encoding: str, limit: int) -> bytes:
    # 47: gzip or zlib, whichever the header says; some clients call bare deflate "deflate" too.
    windows = (47, -15) if encoding == "deflate" else (47,)
    for window in windows:
        unpacker = zlib.decompressobj(window)
        try:
            return unpacker.decompress(data, limit + 1)
        except zlib.error:
            continue
    raise BadRequest(f"The body is not {encoding}, though Content-Encoding says so")


def json_object() -> dict[str, Any]:
    """The body as a JSON object. Raises `BadRequest`."""
    value = json_body()
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object")
    return value


def json_body() -> Any:
    """The body as JSON; None when there is none, whatever its type is called."""
    data = raw_body(JSON_LIMIT, f"The body exceeds {JSON_LIMIT} bytes")
    if not data.strip():
        return None
    if request.content_type and "json" not in request.content_type.lower():
        raise BadRequest(f"Content-Type must be application/json, but it is {request.content_type}")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {error}") from None


# -- fields of a body ----------------------------------------------------------------------------


def id_field(body: Mapping[str, Any], name: str) -> int:
    """A required id: text of digits, or a number."""
    value = body.get(name)
    if value is None:
        raise BadRequest(f"{name} is required")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_ID:
        raise BadRequest(f"{name} must be an id (digits), but it is {json.dumps(body[name])}")
    return value


def map_field(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        found = "missing" if value is None else json.dumps(value)
        raise BadRequest(f"{name} must be an object, but it is {found}")
    return value


def text_field(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} must be text, but it is {json.dumps(value)}")
    return value


def bool_field(body: Mapping[str, Any], name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false, but it is {json.dumps(value)}")
    return value


def integer_field(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadRequest(f"{name} must be a whole number, but it is {json.dumps(value)}")
    return value
