"""Which folders of a commit are projects: as `digbot.yml` says, else by looking (git-bot.md §11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.git.tree import Entry, Repository
from bot.settings import FILE, ProjectSettings, Settings, check_project_name, parse
from engine.dig.problem import Problem, Severity, shown
from engine.workflow import Position

ROOT = "."


@dataclass(frozen=True, slots=True)
class Layout:
    """The projects of one commit. With a problem the whole repository is refused."""

    projects: Mapping[str, ProjectSettings]
    settings: Settings
    declared: bool  # digbot.yml names the projects
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project was found before."""

    name: str
    path: str


def read(repository: Repository, tree: str, name: str) -> Layout:
    """The layout of a root tree; `name` is the repository's."""
    file = repository.lookup(tree, FILE)
    settings = Settings()
    if file is not None:
        if file.kind != "blob":
            message = f"{FILE} must be a file, it is a {file.kind}"
            return Layout({}, settings, True, (_error(message, Position(FILE, 1, 1)),))
        settings, problems = parse(repository.read(file.id))
        if problems:
            return Layout({}, settings, True, tuple(problems))
    if settings.projects is not None:
        return Layout(settings.projects, settings, True)
    projects = {
        place.name: ProjectSettings(*_pair(place)) for place in look(repository, tree, name)
    }
    return Layout(projects, settings, False, tuple(_bad_names(projects.values())))


def look(repository: Repository, tree: str, name: str) -> list[Place]:
    """`.dig` files at the root make one project; otherwise each top-level folder that has some."""
    entries = repository.entries(tree)
    if _has_workflow(entries):
        return [Place(name, ROOT)]
    folders = [e for e in entries if e.kind == "tree" and not e.name.startswith(".")]
    return [Place(e.name, e.name) for e in folders if _has_workflow(repository.entries(e.id))]


def lost(
    repository: Repository, tree: str, layout: Layout, before: Iterable[Place]
) -> list[Problem]:
    """Projects that would disappear, or move, by accident: a stray `.dig` file at the root does that.

    Deleting a folder whole is no accident; nor is a repository without any `.dig` file left.
    """
    places = list(before)
    emptied = not layout.projects and not _keeps_folder(repository, tree, places)
    if layout.declared or emptied:
        return []
    found = []
    for place in places:
        now = layout.projects.get(place.name)
        if now is not None and now.path == place.path:
            continue
        if place.path != ROOT and repository.lookup(tree, place.path) is None:
            continue
        entry = declaration([*places, *(Place(p.name, p.path) for p in _kept(layout, places))])
        if now is not None:
            what = f"move from {_folder(place.path)} to {_folder(now.path)}"
        else:
            what = f"disappear: {_why(layout)}"
        message = f"project {shown(place.name)} would {what}; to keep it, write {FILE}: {entry}"
        found.append(_error(message, None))
    return found


def declaration(places: Iterable[Place]) -> str:
    """The `digbot.yml` that names these projects, in one line of YAML."""
    entries = [f"{_yaml(place.name)}: {{path: {_yaml(place.path)}}}" for place in places]
    return f"projects: {{{', '.join(entries)}}}"


def _keeps_folder(repository: Repository, tree: str, before: Iterable[Place]) -> bool:
    folders = [place.path for place in before if place.path != ROOT]
    return any(repository.lookup(tree, path) is not None for path in folders)


def _kept(layout: Layout, places: Iterable[Place]) -> list[ProjectSettings]:
    """Projects of the new layout that take no folder or name of an old one."""
    names = {place.name for place in places}
    return [p for p in layout.projects.values() if p.path != ROOT and p.name not in names]


def _why(layout: Layout) -> str:
    roots = [project.name for project in layout.projects.values() if project.path == ROOT]
    if roots:
        return f"the .dig files at the root make the whole repository one project, {roots[0]}"
    return "its folder is still there, but has no .dig file in it"


def _bad_names(projects: Iterable[ProjectSettings]) -> Iterable[Problem]:
    for project in projects:
        if reason := check_project_name(project.name):
            entry = declaration([Place(_legal(project.name), project.path)])
            message = f"{_folder(project.path)}: {reason}; give it a name in {FILE}: {entry}"
            yield _error(message, None)


def _legal(name: str) -> str:
    """A name near to the one that is not legal."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name.removesuffix(".dig")).strip("-")
    return plain if plain and not plain[0].isdigit() else f"project-{plain}".rstrip("-")


def _folder(path: str) -> str:
    return "the root" if path == ROOT else f"the folder {shown(path)}"


def _has_workflow(entries: Iterable[Entry]) -> bool:
    return any(
        entry.kind in ("blob", "link") and entry.name.endswith(".dig") and entry.name[0] != "."
        for entry in entries
    )


def _pair(place: Place) -> tuple[str, str]:
    return place.name, place.path


def _yaml(text: str) -> str:
    """Plain where YAML allows it without a doubt, else in quotes."""
    return text if re.fullmatch(r"[A-Za-z_][\w./-]*|\.", text, re.ASCII) else json.dumps(text)


def _error(message: str, position: Position | None) -> Problem:
    return Problem("settings", Severity.ERROR, message, position)
