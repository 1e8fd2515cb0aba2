"""Every sentence the bot writes. Values in, lines out; tested as text.

Lines are for people at a terminal: plain, no control characters, at most `BUDGET` of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.dig.problem import Problem

BUDGET = 40  # lines of one report (git-bot.md §12)
_WIDTH = 500  # characters of one line; no sentence of ours is as long
_SHOWN_RUNS = 5  # next runs of one project
_SHOWN_NAMES = 10  # names in one line


@dataclass(frozen=True, slots=True)
class NextRun:
    workflow: str
    at: datetime  # in the workflow's zone
    zone: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """What became of one project."""

    project: str
    revision: int
    action: str  # deployed | unchanged | rolled_back | adopted
    workflows: int
    schedules: int
    commit: str  # that is deployed
    tag: str | None = None
    content_of: str | None = None  # rolled back: the commit that first brought the content
    schedules_off: bool = False
    added: Sequence[str] = ()
    changed: Mapping[str, int] = field(default_factory=dict)  # name -> tasks that differ
    removed: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)  # path -> + ~ -
    next_runs: Sequence[NextRun] = ()
    warnings: Sequence[Problem] = ()
    folder: str = "."


@dataclass(frozen=True, slots=True)
class Refused:
    """A project that cannot be deployed, or of which a branch could not be merged."""

    project: str
    problems: Sequence[Problem]
    folder: str = "."


@dataclass(frozen=True, slots=True)
class Gone:
    """A project that nothing deploys any more."""

    project: str
    why: str


def plain(text: str) -> str:
    """One line without control characters: what comes from a repository cannot paint a terminal."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"


def budget(lines: Sequence[str]) -> list[str]:
    """At most `BUDGET` lines; what is left out is counted."""
    shown = [plain(line) for line in lines]
    if len(shown) <= BUDGET:
        return shown
    left = len(shown) - BUDGET + 1  # the last line sums up, and stays
    return [*shown[: BUDGET - 2], f"… and {count(left, 'more line')} …", shown[-1]]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; many are cut."""
    listed = list(words)
    if len(listed) > _SHOWN_NAMES:
        return f"{', '.join(listed[:_SHOWN_NAMES])} and {len(listed) - _SHOWN_NAMES} more"
    return " and ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))


# While it works


def queued(repository: str) -> str:
    return f"Waiting: another push to {repository} is being deployed"


def checking(projects: Sequence[str], places: Iterable[tuple[str, str]]) -> str:
    """`places` are (ref, commit)."""
    return f"Checking {names(projects)} at {names(f'{ref} ({commit[:7]})' for ref, commit in places)} …"


# What was deployed


def deployed(results: Sequence[Deployed]) -> list[str]:
    """One line per project, the columns below each other, then what is new about it."""
    lines = []
    widths = [max((len(cell) for cell in column), default=0) for column in _columns(results)]
    for result in results:
        cells = zip(_cells(result), widths, strict=True)
        lines.append("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
        lines += [f"  {line}" for line in _details(result)]
    return lines


def _columns(results: Sequence[Deployed]) -> Iterable[tuple[str, ...]]:
    return zip(*(_cells(result) for result in results), strict=True)


def _cells(result: Deployed) -> tuple[str, str, str, str]:
    content = f"{count(result.workflows, 'workflow')}, {count(result.schedules, 'schedule')}"
    return (plain(result.project), f"r{result.revision}", content, _action(result))


def _action(result: Deployed) -> str:
    of_tag = f" from tag {result.tag}" if result.tag else ""
    if result.action == "rolled_back":
        origin = f" ({result.content_of[:7]})" if result.content_of else ""
        return f"rolled back to the content of r{result.revision}{origin}{of_tag}"
    if result.action == "unchanged":
        return f"unchanged since r{result.revision}{of_tag}"
    if result.action == "adopted":
        return f"adopted{of_tag}: the project was not deployed from a repository before"
    return f"deployed{of_tag}"


def _details(result: Deployed) -> list[str]:
    lines = []
    changes = _changes(result)
    if changes:
        lines.append(changes)
    if result.schedules_off:
        lines.append("its schedules and triggers are off (digbot.yml: schedules: false)")
    shown = result.next_runs[:_SHOWN_RUNS]
    lines += [f"next run of {run.workflow}: {_moment(run)}" for run in shown]
    if left := len(result.next_runs) - len(shown):
        lines.append(f"and {count(left, 'more schedule')}")
    return lines + [problem_line(problem, result.folder) for problem in result.warnings]


def _changes(result: Deployed) -> str:
    words = _words(result.added, result.changed, result.removed)
    return _few(words or [f"{mark} {path}" for path, mark in result.files.items()])


def _words(added: Sequence[str], changed: Mapping[str, int], removed: Sequence[str]) -> list[str]:
    words = [f"+ {name}" for name in added]
    words += [_change(name, tasks) for name, tasks in changed.items()]
    return words + [f"- {name}" for name in removed]


def _few(words: Sequence[str]) -> str:
    if len(words) > _SHOWN_NAMES:
        words = [*words[:_SHOWN_NAMES], f"and {len(words) - _SHOWN_NAMES} more"]
    return "  ".join(words)


def _change(name: str, tasks: int) -> str:
    return f"~ {name} ({count(tasks, 'task')})" if tasks else f"~ {name}"


def _moment(run: NextRun) -> str:
    return f"{run.at.strftime('%Y-%m-%d %H:%M:%S %z')} ({run.zone})"


def untouched(projects: Sequence[str]) -> str:
    return f"not touched by this push: {names(projects)}"


def gone(results: Iterable[Gone]) -> list[str]:
    return [
        f"{result.project}  {result.why}: its schedules stop, the project and its history stay"
        for result in results
    ]


FOLDER_GONE = "its folder is gone from the branch"
NOT_NAMED = "the default branch does not name it any more"


def no_ref(rule: str) -> str:
    return f"nothing matches its deploy rule ({rule}) any more"


def waiting(project: str, rule: str) -> str:
    return f"{project}  not deployed yet: nothing matches its deploy rule ({rule})"


NOTHING = "No .dig files here: nothing to deploy"
NO_CHANGE = "No project changed: nothing to deploy"
NO_BRANCH = "There is no branch yet: nothing to deploy"


# What was refused


def reason(problems: int) -> str:
    """Beside the ref, in brackets: git shows it as `[remote rejected] main -> main (…)`."""
    return f"digbot: {count(problems, 'problem')}"


ATOMIC = "digbot: atomic push failed"
FETCH_FIRST = "fetch first"
DEFAULT_BRANCH = "digbot: this is the default branch"
FUNNY_NAME = "digbot: not a name that a ref can have"


def not_a_commit(what: str) -> str:
    return f"digbot: {what}"


def name_in_the_way(ref: str) -> str:
    return f"digbot: {ref} is in the way"


def refused(results: Sequence[Refused]) -> list[str]:
    """The problems, errors first, then what that means."""
    return [problem_line(problem, folder) for folder, problem in distinct(results)]


def distinct(results: Sequence[Refused]) -> list[tuple[str, Problem]]:
    """(folder, problem), once each: one folder may be deployed under several names."""
    found = {
        (result.folder, problem): None
        for result in results
        for problem in sorted(result.problems, key=lambda problem: not problem.is_error)
    }
    return list(found)


def nothing_deployed(errors: int, accepted: Sequence[str]) -> list[str]:
    lines = [f"{count(errors, 'problem')}: nothing is deployed, what runs goes on running"]
    if accepted:
        lines.append(f"accepted without a deploy: {names(accepted)}")
    return lines


def partly_deployed(projects: Sequence[str]) -> str:
    return f"not deployed, because of problems: {names(projects)}; what runs goes on running"


def problem_line(problem: Problem, folder: str) -> str:
    """`file:line:col: message [rule]`, the file as seen from the root of the repository."""
    at = problem.position
    place = ""
    if at is not None:
        path = at.file if folder == "." else f"{folder}/{at.file}"
        place = f"{path}:{at.line}:{at.column}: "
    kind = "" if problem.is_error else "warning: "
    return f"{place}{kind}{problem.message} [{problem.rule}]"


def owned(project: str, owner: str, repository: str) -> str:
    return (
        f"project '{project}' belongs to the repository '{owner}'; "
        f"'{repository}' needs another name for it (digbot.yml)"
    )


def missing_folder(path: str) -> str:
    return f"there is no folder '{path}' at this commit"


def no_folder(path: str, kind: str) -> str:
    return f"'{path}' is a {kind}, not a folder"


# Other branches


def branch_checked(branch: str, base: str, changed: Sequence[str]) -> str:
    if not changed:
        return f"{branch}: changes no project of {base}"
    return f"{branch}: {names(changed)} can be merged into {base}"


def preview(
    project: str,
    *,
    added: Sequence[str],
    changed: Mapping[str, int],
    removed: Sequence[str],
) -> str:
    """A project as it would be after the merge."""
    return f"  {project}  {_few(_words(added, changed, removed)) or 'other files changed'}"


def branch_broken(branch: str, base: str, errors: int) -> str:
    return f"{branch}: {count(errors, 'problem')} when it is merged into {base}"


def conflicts(branch: str, base: str, paths: Sequence[str]) -> str:
    return f"{branch}: cannot be merged into {base} as it is (conflict in {names(paths)})"


def ref_removed(name: str) -> str:
    return f"{name}: removed"


# When something failed


def deploy_failed(error: str) -> list[str]:
    return [
        f"The push is stored, but its deploy failed: {error}",
        "It is tried again by itself; what runs goes on running",
    ]


def mirrored(url: str) -> str:
    return f"digbot: a copy of {url}; push there"


def failed(error: str | None) -> str:
    """None: a mistake of ours, which the log of the server holds."""
    return plain(f"digbot: {error or 'internal error, see the log of the server'}")


def no_such_branch(repository: str, branch: str) -> str:
    return f"{repository} has no branch '{branch}' that could become its default here"
