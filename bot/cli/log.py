"""digbot log ATTEMPT [+TASK], digbot log PROJECT SESSION [+TASK] (cli.md §7, §9)."""

from __future__ import annotations

import argparse
import re
import sys
import time
import zlib

from bot.cli.base import Command, CommandFailed, Parser, WrongUsage
from bot.cli.connect import add_client, connect, number
from bot.cli.output import hint
from bot.client.api import Client, Json

WAIT_SECONDS = 25.0
POLL_SECONDS = (0.5, 10.0)  # for a server that cannot wait for us: first and longest pause

# A line of the engine's own; everything else was written by a task.
_ENGINE_LINE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S* ?\S* \[(?P<level>[A-Z]+)\]")
_HIDDEN = frozenset({"DEBUG", "TRACE"})


def configure(parser: Parser) -> None:
    parser.add_argument("attempt", metavar="ATTEMPT | PROJECT SESSION", help="id of the attempt")
    parser.add_argument("more", metavar="+TASK", nargs="*", help="only tasks that begin like this")
    parser.add_argument("-v", "--verbose", action="store_true", help="lines of every level")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until it is done")
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    attempt_id, task = _which(client, options)
    printer = Printer(verbose=options.verbose)
    if options.follow:
        _follow(client, attempt_id, task, printer)
    else:
        _show(client, attempt_id, task, printer)
    printer.end()
    return 0


def _which(client: Client, options: argparse.Namespace) -> tuple[str, str | None]:
    """The attempt and the beginning of the tasks' names."""
    words = list(options.more)
    task = words.pop() if words and words[-1].startswith("+") else None
    if not words:
        return number(options.attempt), task
    if len(words) > 1:
        raise WrongUsage(f"unexpected argument: {words[1]}")
    session = client.session(number(words[0]))
    if session["project"]["name"] != options.attempt:
        raise CommandFailed(
            f"Session {words[0]} belongs to project '{session['project']['name']}', "
            f"not to '{options.attempt}'."
        )
    attempt_id = str(session["lastAttempt"]["id"])
    return attempt_id, _ending(client, attempt_id, task) if task else None


def _ending(client: Client, attempt_id: str, pattern: str) -> str:
    """The task whose full name ends with the pattern, as `run` finds them."""
    names = sorted({entry["fullName"] for entry in client.tasks(attempt_id)})
    found = [name for name in names if name.startswith(pattern) or name.endswith(pattern)]
    if not found:
        raise CommandFailed(f"Task pattern '{pattern}' doesn't match with any tasks.")
    return str(found[0])


# -- reading -------------------------------------------------------------------------------------


def _show(client: Client, attempt_id: str, task: str | None, printer: Printer) -> None:
    client.attempt(attempt_id)  # an unknown one is said to be unknown, not to have no logs
    files = client.log_files(attempt_id, task)
    for entry in sorted(files, key=_beginning):
        text = unzip(client.log_file(attempt_id, entry["fileName"])).decode("utf-8", "replace")
        printer.add(entry["fileName"], text)
    if not files:
        hint(f"Attempt {attempt_id} has logged nothing so far.")


def _beginning(entry: Json) -> str:
    """Files come in the order of their names; people read them in the order of what happened."""
    name: str = entry["fileName"]
    return name.rpartition("@")[2]


def _follow(client: Client, attempt_id: str, task: str | None, printer: Printer) -> None:
    cursor: str | None = None
    printed: dict[str, int] = {}
    while True:
        asked = time.monotonic()
        answer = client.follow(attempt_id, cursor, task, WAIT_SECONDS)
        if answer is None:
            _poll(client, attempt_id, task, printer)
            return
        cursor = answer["cursor"]
        for piece in answer["pieces"]:
            if not _take(piece, printed, printer):
                cursor = None  # something got lost on the way: from the start, less what we have
                break
        if answer["done"]:
            return
        if not answer["pieces"] and time.monotonic() - asked < 1:
            time.sleep(POLL_SECONDS[0])  # the server is too busy to let us wait


def _take(piece: Json, printed: dict[str, int], printer: Printer) -> bool:
    """Print what is new of a piece; False when something before it is missing."""
    name, had = piece["fileName"], printed.get(piece["fileName"], 0)
    if piece["offset"] > had:
        return False
    if piece["offset"] + piece["size"] > had:
        new = piece["text"].encode()[had - piece["offset"] :] if had > piece["offset"] else None
        printer.add(name, piece["text"] if new is None else new.decode("utf-8", "replace"))
        printed[name] = piece["offset"] + piece["size"]
    return True


def _poll(client: Client, attempt_id: str, task: str | None, printer: Printer) -> None:
    """As Digdag's client does: ask again and again, less and less often."""
    pause, longest = POLL_SECONDS
    printed: dict[str, int] = {}
    while True:
        done = client.attempt(attempt_id)["done"]
        news = False
        for entry in client.log_files(attempt_id, task):
            text = unzip(client.log_file(attempt_id, entry["fileName"]))
            had = printed.get(entry["fileName"], 0)
            if len(text) > had:
                printer.add(entry["fileName"], text[had:].decode("utf-8", "replace"))
                printed[entry["fileName"]] = len(text)
                news = True
        if done:
            return
        pause = POLL_SECONDS[0] if news else min(pause * 2, longest)
        time.sleep(pause)


def unzip(data: bytes) -> bytes:
    """The text of a log file, as far as it was written: that of a running task has no end yet."""
    text = b""
    while data[:2] == b"\x1f\x8b":
        part = zlib.decompressobj(wbits=31)
        text += part.decompress(data)
        data = part.unused_data
    return text


# -- printing ------------------------------------------------------------------------------------


class Printer:
    """Prints whole lines, so that tasks that write at once do not break each other's."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._rest: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        lines = (self._rest.pop(name, "") + text).split("\n")
        if lines[-1]:
            self._rest[name] = lines[-1]
        for line in lines[:-1]:
            self._print(line)
        sys.stdout.flush()

    def end(self) -> None:
        """What was not ended by a line end: the last words of an `echo>`."""
        for line in self._rest.values():
            self._print(line)
        self._rest.clear()

    def _print(self, line: str) -> None:
        found = _ENGINE_LINE.match(line)
        if self._verbose or found is None or found["level"] not in _HIDDEN:
            print(line)


command = Command("Show or follow the logs of an attempt.", configure, run)
