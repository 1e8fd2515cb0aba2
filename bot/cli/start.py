"""digbot start PROJECT NAME: start a session of a workflow (cli.md §7)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from bot.cli.base import Command, CommandFailed, Parser
from bot.cli.connect import add_client, connect, project_named, settings, workflow_named
from bot.cli.output import block, hint, own_offset, say
from bot.cli.params import add_params, gather
from bot.cli.session_time import EXPECTED, resolve
from bot.cli.show import attempt_started
from bot.cli.waiting import add_wait, finish
from bot.client.api import Json


def configure(parser: Parser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("name", metavar="NAME", help="the workflow's name")
    parser.add_argument("--session", metavar="TIME", required=True, help=EXPECTED)
    parser.add_argument("--revision", metavar="NAME", help="run this revision, not the current one")
    parser.add_argument(
        "--retry", metavar="NAME", help="attempt name: allows another attempt of that session"
    )
    parser.add_argument("-d", "--dry-run", action="store_true", help="show, start nothing")
    add_params(parser)
    add_wait(parser)
    add_client(parser)


def run(options: argparse.Namespace) -> int:
    client = connect(options)
    params = gather(options, settings(options))
    project = project_named(client, options.project)
    workflow = workflow_named(client, project, options.name, options.revision)
    request: Json = {
        "workflowId": workflow["id"],
        "sessionTime": resolve(client, workflow["id"], options.session, datetime.now(UTC)),
        "params": params,
        "retryAttemptName": options.retry,
    }
    if options.dry_run:
        return _dry_run(project, workflow, request)
    attempt, started = client.start(request)
    if not started:
        raise already_there(attempt)
    attempt_started(attempt)
    return finish(client, attempt["id"]) if options.wait else 0


def already_there(attempt: Json) -> CommandFailed:
    return CommandFailed(
        f"A session for the requested session_time already exists (session_id={attempt['sessionId']}, "
        f"attempt_id={attempt['id']}, session_time={attempt['sessionTime']})",
        hints=[
            f"hint: use `digbot retry {attempt['id']} --latest-revision --all` "
            "command to run the session again for the same session_time"
        ],
    )


def _dry_run(project: Json, workflow: Json, request: Json) -> int:
    say("Session attempt:")
    say(
        block(
            [
                ("session id", "(dry run)"),
                ("attempt id", "(dry run)"),
                ("uuid", "(dry run)"),
                ("project", project["name"]),
                ("workflow", workflow["name"]),
                ("session time", own_offset(request["sessionTime"])),
                ("retry attempt name", request["retryAttemptName"]),
                ("params", request["params"]),
            ]
        )
    )
    say()
    hint("Session attempt is not started.")
    return 0


command = Command("Start a session of a workflow.", configure, run)
