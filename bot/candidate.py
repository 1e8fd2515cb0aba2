"""A project as one commit has it, read and checked: what a deploy, or a check of a branch, is about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.content import content_hash
from bot.git.snapshot import Snapshot
from bot.git.tree import Commit, Repository
from bot.rules import Target
from bot.settings import ProjectSettings
from engine.dig.problem import Problem
from engine.dig.project import LoadedProject
from engine.workflow import Position

_KEPT = 8  # projects whose last content is kept in memory


@dataclass(frozen=True, slots=True)
class Candidate:
    """`problems` are of the files and of the language; those of triggers come later."""

    settings: ProjectSettings
    target: Target
    commit: Commit
    tree: str
    snapshot: Snapshot
    loaded: LoadedProject
    content_hash: str

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(sorted((*self.snapshot.problems, *self.loaded.problems)))

    def place(self, workflow: str | None, key: str) -> Position | None:
        """Where a workflow's top-level key stands."""
        found = self.loaded.workflows.get(workflow or "")
        return found.position(key) if found else None


class ProjectReader:
    """Reads projects from git objects. Safe from any thread.

    The same tree is read once: a branch that is checked and then merged, a folder that is deployed
    under two names.
    """

    def __init__(self, load: Callable[[Snapshot], LoadedProject]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._read: OrderedDict[tuple[str, tuple[str, ...]], tuple[LoadedProject, str]] = (
            OrderedDict()
        )

    def read(
        self,
        repository: Repository,
        settings: ProjectSettings,
        target: Target,
        commit: Commit,
        tree: str,
    ) -> Candidate:
        snapshot = Snapshot(repository, tree, settings.ignore)
        loaded, digest = self._loaded(snapshot, (tree, settings.ignore))
        return Candidate(settings, target, commit, tree, snapshot, loaded, digest)

    def _loaded(
        self, snapshot: Snapshot, key: tuple[str, tuple[str, ...]]
    ) -> tuple[LoadedProject, str]:
        with self._lock:
            if key in self._read:
                self._read.move_to_end(key)
                return self._read[key]
        loaded = self._load(snapshot)
        result = (loaded, content_hash(snapshot, loaded.parsed))
        with self._lock:
            self._read[key] = result
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return result
