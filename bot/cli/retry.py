"""digbot retry ATTEMPT: another attempt of the same session (cli.md §7)."""

from __future__ import annotations

import argparse
import uuid

from bot.cli.base import Command, Parser, WrongUsage
from bot.cli.connect import add_client, connect, number, settings, workflow_named
from bot.cli.params import add_params, gather
from bot.cli.show import attempt_started
from bot.cli.start import already_there
from bot.cli.waiting import add_wait, finish
from bot.client.api import Client, Json


def configure(parser: Parser) -> None:
    parser.add_argument("attempt", metavar="ATTEMPT", help="id of the attempt")
    which = parser.add_argument_group("which files (exactly one)")
    which.add_argument("--latest-revision", action="store_true", help="those deployed now")
    which.add_argument("--keep-revision", action="store_true", help="those it ran with")
    which.add_argument("--revision", metavar="NAME", help="those of a revision")
    what = parser.add_argument_group("what to run (exactly one)")
    what.add_argument("--all", action="store_true", help="every task")
    what.add_argument("--resume", action="store_true", help="what did not succeed")
    what.add_argument("--resume-from", metavar="+NAME", help="this task and the following ones")
    parser.add_argument("--name", metavar="NAME", help="attempt name (default: a random one)")
    add_params(parser)
    add_wait(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    _check(options)
    client = connect(options)
    before = client.attempt(number(options.attempt))
    from engine.params import merge

    request: Json = {
        "workflowId": _workflow_id(client, options, before),
        "sessionTime": before["sessionTime"],
        "params": merge(before["params"], gather(options, settings(options))),
        "retryAttemptName": options.name or str(uuid.uuid4()),
        "resume": _resume(options, before["id"]),
    }
    attempt, started = client.start(request)
    if not started:
        raise already_there(attempt)
    attempt_started(attempt)
    return finish(client, attempt["id"]) if options.wait else 0


def _check(options: argparse.Namespace) -> None:
    """Exactly one of each group; both complaints at once (cli.md §7)."""
    files = {
        "--latest-revision": options.latest_revision,
        "--keep-revision": options.keep_revision,
        "--revision": options.revision,
    }
    tasks = {
        "--all": options.all,
        "--resume": options.resume,
        "--resume-from": options.resume_from,
    }
    missing = ""
    if not any(files.values()):
        missing += "--keep-revision, --latest-revision, or --revision <name> option is required. "
    if not any(tasks.values()):
        missing += "--all, --resume, or --resume-from <+name> option is required. "
    if missing:
        raise WrongUsage(missing.strip())
    for group in (files, tasks):
        given = [name for name, value in group.items() if value]
        if len(given) > 1:
            raise WrongUsage(f"Setting {' and '.join(given)} together is invalid.")


def _workflow_id(client: Client, options: argparse.Namespace, before: Json) -> str:
    if options.keep_revision:
        return str(before["workflow"]["id"])
    name = before["workflow"]["name"]
    return str(workflow_named(client, before["project"], name, options.revision)["id"])


def _resume(options: argparse.Namespace, attempt_id: str) -> Json | None:
    if options.resume:
        return {"mode": "failed", "attemptId": attempt_id}
    if options.resume_from:
        return {"mode": "from", "attemptId": attempt_id, "from": options.resume_from}
    return None


command = Command("Start another attempt of a session.", configure, run)
