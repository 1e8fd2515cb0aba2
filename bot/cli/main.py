"""The `digbot` command: finds a command's module and runs it.

Only what a command needs is imported, so `--help` and a mistyped word answer at once. Commands of
other packages (the server, plugins) are found through the entry point group `digbot.commands`,
looked up only for words that are not in the dictionary below.
"""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

# name -> (module, what `digbot --help` says). A module of this dictionary has `command: Command`.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("bot.cli.run", "run a workflow here, without a server"),
    "check": ("bot.cli.check", "look for mistakes in a project"),
    "migrate": ("bot.cli.migrate", "bring a database to this version's form"),
    "repository": ("bot.cli.repository", "follow git repositories: add, list, remove, sync"),
    "projects": ("bot.cli.projects", "list projects"),
    "workflows": ("bot.cli.workflows", "list workflows, or show one"),
    "schedules": ("bot.cli.schedules", "list schedules"),
    "enable": ("bot.cli.enable", "enable schedules"),
    "disable": ("bot.cli.disable", "disable schedules"),
    "start": ("bot.cli.start", "start a session of a workflow"),
    "retry": ("bot.cli.retry", "start another attempt of a session"),
    "kill": ("bot.cli.kill", "stop an attempt"),
    "sessions": ("bot.cli.sessions", "list sessions, or show one"),
    "attempts": ("bot.cli.attempts", "list attempts with their commits and triggers"),
    "attempt": ("bot.cli.attempt", "show one attempt"),
    "tasks": ("bot.cli.tasks", "show the tasks of an attempt"),
    "log": ("bot.cli.log", "show or follow the logs of an attempt"),
    "push": ("bot.cli.push", "upload the project in this folder"),
    "archive": ("bot.cli.archive", "pack the project in this folder"),
    "upload": ("bot.cli.upload", "upload a packed project"),
    "download": ("bot.cli.download", "fetch a project's files"),
    "delete": ("bot.cli.delete", "delete a project"),
    "secrets": ("bot.cli.secrets", "set, list and delete secrets"),
    "version": ("bot.cli.version", "show the versions of client and server"),
}

# Commands of packages above this one, for the help; found by their entry points.
ABOVE = {"server": "serve the API, the git remote and the scheduler"}

ALIASES = {
    "r": "run",
    "c": "check",
    "project": "projects",
    "list": "projects",
    "workflow": "workflows",
    "session": "sessions",
    "task": "tasks",
    "schedule": "schedules",
    "logs": "log",
    "secret": "secrets",
    "repositories": "repository",
}

HELP = ("-h", "--help", "-help", "help")
CONFIG = ("-c", "--config")
INTERRUPTED = 130  # what shells report for Ctrl-C

# New objects between two searches for garbage; Python's own 700 means a hundred searches while a
# command is imported, which leaves none. A twentieth of the time that `digbot check` takes.
GARBAGE_THRESHOLD = 50_000


def main(argv: list[str] | None = None) -> int:
    """Run one command line; the exit code (cli.md §10). Without `argv` it is that of the process."""
    if argv is not None:
        return command_line(list(argv))
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        return command_line(sys.argv[1:])
    finally:
        # The process ends: the last search, for what its memory is free anyway, finds nothing to
        # look at. As much again.
        gc.freeze()


def command_line(arguments: list[str]) -> int:
    if isinstance(sys.stdout, TextIOWrapper):  # what the terminal cannot show must not stop a list
        sys.stdout.reconfigure(errors="backslashreplace")
    if "--version" in arguments:
        return _version()
    early, arguments = _take_config(arguments)
    if not arguments:
        print(usage(), file=sys.stderr)
        return 2
    name, *rest = arguments
    if name in HELP:
        print(usage())
        return 0
    try:
        return _dispatch(name, early + rest)
    except KeyboardInterrupt:
        return INTERRUPTED


def usage() -> str:
    known = ABOVE | {name: about for name, (_, about) in COMMANDS.items()}
    width = max(map(len, known)) + 2
    lines = [f"  {name:<{width}}{about}" for name, about in known.items()]
    return "\n".join(
        [
            "usage: digbot COMMAND [options]",
            "",
            "Git-driven workflows: push .dig files, and they run from exactly that commit.",
            "",
            "commands:",
            *lines,
            "",
            "`digbot COMMAND --help` shows a command's options, `digbot --version` the version.",
        ]
    )


def _take_config(arguments: list[str]) -> tuple[list[str], list[str]]:
    """`-c FILE` may stand before the command too (cli.md §1): (what stood there, the rest)."""
    if arguments and arguments[0] in CONFIG:
        return arguments[:2], arguments[2:]
    if arguments and arguments[0].startswith("--config="):
        return arguments[:1], arguments[1:]
    return [], arguments


def _version() -> int:
    from importlib.metadata import version

    print(version("digbot"))
    return 0


def _dispatch(name: str, arguments: list[str]) -> int:
    from bot.cli.base import execute

    name = ALIASES.get(name, name)
    if name in COMMANDS:
        import importlib

        command = importlib.import_module(COMMANDS[name][0]).command
        return execute(name, command, arguments)
    return _from_entry_points(name, arguments)


def _from_entry_points(name: str, arguments: list[str]) -> int:
    from importlib.metadata import entry_points

    from bot.cli.base import execute, unknown

    found = {point.name: point for point in entry_points(group="digbot.commands")}
    if name in found:
        return execute(name, found[name].load(), arguments)
    kind = "option" if name.startswith("-") else "command"
    print(unknown(kind, name, [*COMMANDS, *ALIASES, *found]), file=sys.stderr)
    print("`digbot --help` lists the commands.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
