"""Names of log files and folders: any task or workflow name, made safe, and read back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

# What stays as it is. "@" ends the task's name; "%" begins an encoded byte; the rest of ASCII is
# what a shell, a file system or a URL gives a meaning of its own.
_PLAIN = "+=^.,&~-_"
_MAX_BYTES = 180  # of 255, leaving room for the time, the agent and a suffix
_SHORTENED = "~~"
_FILE = re.compile(
    r"(?P<task>[^@/]+)@(?P<seconds>[0-9a-f]{8})(?P<nanos>[0-9a-f]{8})\.(?P<agent>[^/]+)\.log\.gz"
)


@dataclass(frozen=True, slots=True)
class LogName:
    """What the name of a log file says. `task` is encoded, and shortened when it was long."""

    task: str
    time: datetime
    agent: str


def encode(name: str) -> str:
    """A file name for any text: reversible by `decode` unless it had to be shortened."""
    encoded = quote(name, safe=_PLAIN, errors="surrogatepass")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if len(encoded) <= _MAX_BYTES:
        return encoded
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    # Half an encoded byte would be read back as something else.
    head = re.sub(r"%.?$", "", encoded[: _MAX_BYTES - 18])
    return f"{head}{_SHORTENED}{digest}"


def shortened(encoded: str) -> bool:
    """True when the name can no longer be read from it."""
    return len(encoded) > _MAX_BYTES - 30 and _SHORTENED in encoded[-18:]


def decode(encoded: str) -> str:
    return unquote(encoded)


def log_name(task: str, nanoseconds: int, agent: str) -> str:
    """The file name of rest-api.md §12, `nanoseconds` since 1970."""
    seconds, nanos = divmod(nanoseconds, 1_000_000_000)
    return f"{task}@{seconds:08x}{nanos:08x}.{agent}.log.gz"


def beginning(name: str) -> tuple[str, str]:
    """Sorts names of logs by the moment they began, which stands behind the task's name."""
    task, _, moment = name.rpartition("@")
    return moment, task


def parse_log_name(name: str) -> LogName | None:
    """What a file name says; None for a name of another form."""
    match = _FILE.fullmatch(name)
    if match is None:
        return None
    moment = datetime.fromtimestamp(int(match["seconds"], 16), UTC)
    moment += timedelta(microseconds=int(match["nanos"], 16) // 1000)
    return LogName(match["task"], moment, match["agent"])
