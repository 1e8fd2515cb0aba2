"""digbot check [WORKFLOW | FOLDER]: look for mistakes in a project, without a server (cli.md §5).

A folder without workflows of its own is a repository: every folder in it that has some is checked.
Text goes to standard output as Digdag's does; `--format json` is one object per line, `--format
github` makes GitHub show the problems beside the lines.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.base import Command, CommandFailed, Parser, one_of
from bot.cli.connect import settings
from bot.cli.definitions import describe
from bot.cli.find import DIG, find, workflow_names
from bot.cli.output import say
from bot.cli.params import add_params, gather

if TYPE_CHECKING:
    from engine.dig.problem import Problem
    from engine.dig.project import LoadedProject
    from engine.dig.source import Files


def configure(parser: Parser) -> None:
    parser.add_argument(
        "workflow", metavar="WORKFLOW", nargs="?", help="only this workflow, its file, or a folder"
    )
    parser.add_argument("--project", metavar="DIR", help="the project's folder (.)")
    parser.add_argument(
        "--format",
        type=one_of("text", "json", "github"),
        default="text",
        metavar="text|json|github",
        help="how problems are shown (text)",
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail the check too")
    add_params(parser)


def run(options: argparse.Namespace) -> int:
    folder, name = find(options.project, options.workflow)
    params = gather(options, settings(options))
    checked = [_check(project, name) for project in _projects(folder, name)]
    problems = [problem for one in checked for problem in one.problems]
    if options.format == "text":
        _print_text(checked)
    else:
        _print_lines(problems, options.format)
    if any(problem.is_error or options.strict for problem in problems):
        return 1
    if options.format == "text":
        for one in checked:
            describe([w for w in one.loaded.workflows.values() if name in (None, w.name)], params)
    return 0


def _projects(folder: Path, name: str | None) -> list[Path]:
    if name is not None or workflow_names(folder):
        return [folder]
    found = sorted(path for path in folder.iterdir() if path.is_dir() and workflow_names(path))
    if not found:
        raise CommandFailed(f"There is no workflow (a {DIG} file) in '{folder}'.")
    return found


@dataclass(frozen=True)
class Checked:
    """A project that was read; problems name files as seen from the current folder."""

    loaded: LoadedProject
    files: Files
    problems: list[Problem]


def _check(folder: Path, name: str | None) -> Checked:
    from engine.dig.project import load
    from engine.dig.source import FolderFiles
    from engine.operators.registry import catalog

    files = FolderFiles(folder)
    loaded = load(files, catalog=catalog())
    prefix = os.path.relpath(folder)
    prefix = "" if prefix == "." else f"{Path(prefix).as_posix()}/"
    problems = [_moved(p, prefix) for p in loaded.problems if _concerns(p, name)]
    return Checked(loaded, _Below(files, prefix), problems)


def _concerns(problem: Problem, name: str | None) -> bool:
    """With a workflow named: its own problems, and those of files that are no workflow."""
    at = problem.position
    if name is None or at is None or "/" in at.file or not at.file.endswith(DIG):
        return True
    return at.file == f"{name}{DIG}"


def _moved(problem: Problem, prefix: str) -> Problem:
    at = problem.position
    if at is None or not prefix:
        return problem
    return replace(problem, position=replace(at, file=prefix + at.file))


class _Below:
    """The files of a project, named as seen from the current folder."""

    def __init__(self, files: Files, prefix: str) -> None:
        self._files = files
        self._prefix = prefix

    def paths(self) -> Iterator[str]:
        return (self._prefix + path for path in self._files.paths())

    def read(self, path: str) -> bytes:
        return self._files.read(path.removeprefix(self._prefix))


def _print_text(checked: list[Checked]) -> None:
    from engine.dig.problem import to_text

    for one in checked:
        if one.problems:
            say(to_text(one.problems, one.files, color=_colors()))
    problems = [problem for one in checked for problem in one.problems]
    if problems:
        errors = sum(problem.is_error for problem in problems)
        say(f"\n{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")


def _print_lines(problems: list[Problem], form: str) -> None:
    from engine.dig.problem import to_github, to_json

    for problem in problems:
        say(to_github(problem) if form == "github" else json.dumps(to_json(problem)))


def _colors() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


command = Command("Look for mistakes in a project, without a server.", configure, run)
