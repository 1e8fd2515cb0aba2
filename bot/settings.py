"""`digbot.yml`: which projects a repository holds, and what deploys them (git-bot.md §11).

Read like a `.dig` file, by the same YAML rules and with the place of every mistake; what may stand
in it is `schemas/settings.json`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.events import BRANCHES
from bot.semver import BadRange, parse_range
from engine.dig.loader import read as read_yaml
from engine.dig.problem import Problem, Severity, shown
from engine.dig.source import MemoryFiles, locate
from engine.dig.suggest import did_you_mean
from engine.dig.yaml import Document
from schemas.check import Violation, check

FILE = "digbot.yml"
RULE = "settings"
# language.md §1.4; the schema says the same, and is not loaded for a repository without the file.
_PROJECT_NAME = re.compile(r'(?!.*\.dig$)[^0-9+^@/\\:*?"<>|].{0,254}')


@dataclass(frozen=True, slots=True)
class BranchRule:
    """The head of a branch deploys; `name` None is the default branch, whatever it is called."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class TagRule:
    """The highest tag that matches the pattern deploys. A pattern without `*` is one moving tag."""

    pattern: str


@dataclass(frozen=True, slots=True)
class SemverRule:
    """The highest tag within the range deploys; the tags are `1.2.3` or `v1.2.3`."""

    range: str


Rule = BranchRule | TagRule | SemverRule


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """One entry of `projects`. `path` "." is the root of the repository."""

    name: str
    path: str
    deploy: Rule = BranchRule()
    ignore: tuple[str, ...] = ()
    schedules: bool = True
    uploads: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `projects` None: it does not say, they are found by looking (bot/layout.py)."""

    projects: Mapping[str, ProjectSettings] | None = None
    on_error: str = "refuse"  # or "accept": deploy the projects that are valid


def parse(data: bytes) -> tuple[Settings, list[Problem]]:
    """The settings, and what is wrong with them; with an error they are not to be used."""
    document, problems = read_yaml(data, FILE, MemoryFiles({FILE: data}))
    if not problems:
        problems = [
            _problem(document, violation) for violation in check("settings", document.value)
        ]
    if problems:
        return Settings(), sorted(set(problems))  # a value may break two rules with one sentence
    settings = _settings(document.value)
    return settings, sorted(_check_meaning(document, settings))


def check_project_name(name: str) -> str | None:
    """What is wrong with the name of a project, in a sentence; None when it is legal."""
    if _PROJECT_NAME.fullmatch(name) and name.isprintable() and name.strip():
        return None
    return (
        f"{shown(name)} cannot be a project's name: one line of at most 255 characters that does "
        "not begin with a digit or a symbol, nor end in .dig"
    )


def _problem(document: Document, violation: Violation) -> Problem:
    position = locate(document.spot, violation.path, value=not violation.on_key)
    hint = ""
    if violation.known:
        key = str(violation.path[-1])
        hint = did_you_mean(key, violation.known) or f"; known: {', '.join(violation.known)}"
    return Problem(RULE, Severity.ERROR, violation.message + hint, position)


def _check_meaning(document: Document, settings: Settings) -> Iterator[Problem]:
    """What a schema cannot say."""
    for name, project in (settings.projects or {}).items():
        at = ("projects", name)
        if reason := check_project_name(name):
            yield Problem(RULE, Severity.ERROR, reason, locate(document.spot, at))
        if isinstance(project.deploy, SemverRule):
            try:
                parse_range(project.deploy.range)
            except BadRange as error:
                message = f"Expected a range such as '>=1.2 <2' or '^1.4'; {error}"
                place = locate(document.spot, (*at, "deploy", "semver"), value=True)
                yield Problem(RULE, Severity.ERROR, message, place)


def _settings(value: Mapping[str, Any]) -> Settings:
    """The file as values; it fits the schema."""
    on_error = value.get("on_error", "refuse")
    if "projects" not in value:
        return Settings(None, on_error)
    return Settings(
        {name: _project(name, it or {}) for name, it in value["projects"].items()}, on_error
    )


def _project(name: str, entry: Mapping[str, Any]) -> ProjectSettings:
    return ProjectSettings(
        name=name,
        path=posixpath.normpath(entry.get("path", name)),
        deploy=_rule(entry.get("deploy")),
        ignore=tuple(entry.get("ignore", ())),
        schedules=entry.get("schedules", True),
        uploads=entry.get("uploads") == "allow",
    )


def _rule(value: Any) -> Rule:
    if isinstance(value, str):
        return BranchRule(value.removeprefix(BRANCHES))
    if value is None:
        return BranchRule()
    return TagRule(value["tags"]) if "tags" in value else SemverRule(value["semver"])
