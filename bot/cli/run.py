"""digbot run WORKFLOW [+TASK]: run a workflow here, without a server (cli.md §5)."""

from __future__ import annotations

import argparse
import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.base import Command, CommandFailed, Parser, WrongUsage
from bot.cli.connect import settings
from bot.cli.console import Console
from bot.cli.find import find, the_workflow
from bot.cli.local_session import EXPECTED, choose
from bot.cli.output import hint
from bot.cli.params import add_params, gather

if TYPE_CHECKING:
    from engine.dig.project import Workflow
    from engine.executor.local import LocalExecutor
    from engine.expr.javascript import JavaScript
    from engine.local.runner import RunOptions, RunResult

STATES = ".digdag/status"
INTERRUPTED = 130
_APART = (("start", "goal"), ("rerun", "start"), ("rerun", "goal"), ("goal", "end"))


def configure(parser: Parser) -> None:
    parser.add_argument(
        "workflow", metavar="WORKFLOW", nargs="?", help="name, .dig file, or folder (.)"
    )
    parser.add_argument("task", metavar="+TASK", nargs="?", help="run only this task")
    parser.add_argument("--project", metavar="DIR", help="the project's folder (.)")
    _add_selection(parser)
    add_params(parser)
    parser.add_argument(
        "-t", "--session", "--session-time", metavar="TIME", default="last", help=EXPECTED
    )
    parser.add_argument("-d", "--dry-run", action="store_true", help="call no operator")
    parser.add_argument(
        "-E", "--show-params", action="store_true", help="show the parameters of each task"
    )
    parser.add_argument("--max-task-threads", type=int, default=0, metavar="N", help="at once")
    parser.add_argument("-O", "--task-log", metavar="DIR", help="keep task logs there")
    parser.add_argument("--timezone", metavar="ZONE", help="accepted, ignored")


def _add_selection(parser: Parser) -> None:
    group = parser.add_argument_group("what to run")
    group.add_argument("-a", "--rerun", "--all", action="store_true", help="everything again")
    group.add_argument("-s", "--start", metavar="+NAME", help="this task and those after it again")
    group.add_argument("-g", "--goal", metavar="+NAME", help="this task again, nothing after it")
    group.add_argument("-e", "--end", metavar="+NAME", help="neither this task nor those after it")
    group.add_argument(
        "-o", "--save", metavar="DIR", default=STATES, help=f"folder of the state ({STATES})"
    )
    group.add_argument("--no-save", action="store_true", help="neither read nor write the state")


def run(options: argparse.Namespace) -> int:
    for one, other in _APART:
        if getattr(options, one) and getattr(options, other):
            raise WrongUsage(f"--{one} and --{other} don't work together")
    logging.getLogger().addHandler(logging.NullHandler())  # what tasks say goes to their logs
    folder, name = find(options.project, options.workflow)
    workflow = _load(folder, the_workflow(folder, name))
    console = Console(options.log_level, Path(options.task_log) if options.task_log else None)
    states = folder / options.save
    time = choose(options.session, workflow, states, console)
    result = _run(folder, workflow, options, _options(options, states, time), console)
    return _report(result, options)


def _load(folder: Path, name: str) -> Workflow:
    """The workflow, when no `.dig` file of the folder has an error; warnings are check's."""
    from engine.dig.problem import to_text
    from engine.dig.project import load
    from engine.dig.source import FolderFiles
    from engine.operators.registry import catalog

    files = FolderFiles(folder)
    loaded = load(files, catalog=catalog(), strict=False)
    if loaded.errors:
        raise CommandFailed(f"Validating project failed\n{to_text(loaded.errors, files)}")
    return loaded.workflows[name]


def _options(options: argparse.Namespace, states: Path, time: datetime) -> RunOptions:
    from engine.local.runner import RunOptions

    keep = not (options.no_save or options.dry_run)  # a dry run must not look like a success
    return RunOptions(
        session_time=time,
        params=gather(options, settings(options)),
        states=states if keep else None,
        rerun=options.rerun,
        start=options.start if keep else None,
        goal=options.goal if keep else None,
        end=options.end if keep else None,
        subtree=options.task,
    )


def _run(
    folder: Path,
    workflow: Workflow,
    options: argparse.Namespace,
    chosen: RunOptions,
    console: Console,
) -> RunResult:
    from engine.expr.javascript import JavaScript
    from engine.expr.template import evaluate_text
    from engine.local.runner import run_workflow

    javascript = JavaScript()
    return run_workflow(
        workflow,
        chosen,
        _executor(folder, options, javascript, console),
        lambda text, scope, zone: evaluate_text(text, scope, javascript=javascript, timezone=zone),
        console,
    )


def _executor(
    folder: Path, options: argparse.Namespace, javascript: JavaScript, console: Console
) -> LocalExecutor:
    from bot.cli.local_secrets import LocalSecrets
    from bot.cli.rehearsal import rehearsing
    from engine.command.local import LocalCommands
    from engine.executor.context import Services
    from engine.executor.local import LocalExecutor
    from engine.executor.workspace import FolderWorkspaces
    from engine.operators.registry import find as find_operator

    operators = rehearsing(find_operator, show_params=options.show_params, dry_run=options.dry_run)
    services = Services(
        javascript=javascript,
        workspaces=FolderWorkspaces(folder),
        logs=console,
        commands=LocalCommands(),
        secrets=LocalSecrets(settings(options)),
        operators=operators,
    )
    return LocalExecutor(services, max_tasks=options.max_task_threads)


def _report(result: RunResult, options: argparse.Namespace) -> int:
    where = f"Task state is saved at {result.state_path} directory." if result.state_path else ""
    if result.success:
        hint(f"Success. {where}".rstrip())
    else:
        hint("error:" if result.failed else "error: the run was stopped")
        for full_name, message in result.failed:
            hint(f"  * {full_name}:\n    {message.partition('Exception: ')[2] or message}")
        hint(f"\n{where}".rstrip())
    if not options.dry_run:
        hint(
            '  * Use --session <daily | hourly | "yyyy-MM-dd[ HH:mm:ss]"> to not reuse the last session time.'
        )
        hint("  * Use --rerun, --start +NAME, or --goal +NAME argument to rerun skipped tasks.")
    if result.killed:
        return INTERRUPTED
    return 0 if result.success else 1


command = Command("Run a workflow here, without a server.", configure, run)
