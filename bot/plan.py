"""The values of a judgement: what was there, what shall be, what becomes of the refs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot import comments
from bot.candidate import Candidate
from bot.events import RefUpdate
from bot.layout import Layout
from bot.rules import Target
from bot.settings import ProjectSettings
from bot.store import Follow
from engine.dig.problem import Problem
from engine.model import Project


@dataclass(frozen=True, slots=True)
class Situation:
    """What the store says of a repository before the push."""

    repository: str
    repository_id: int | None  # None: it is made by this push
    follows: Mapping[str, Follow] = field(default_factory=dict)
    projects: Mapping[str, Project] = field(default_factory=dict)  # living ones, of its names
    owners: Mapping[int, str] = field(default_factory=dict)  # other repositories, by id
    uploaded: frozenset[str] = frozenset()  # projects whose current revision is an upload


@dataclass(frozen=True, slots=True)
class Position:
    """Where a project will stand; becomes a `Follow`."""

    settings: ProjectSettings
    state: str  # deployed | refused | gone
    target: Target | None = None
    commit: str | None = None
    tree: str | None = None


@dataclass(slots=True)
class Plan:
    """What the refs, as they will be, ask for."""

    layout: Layout | None = None
    candidates: list[Candidate] = field(default_factory=list)
    broken: list[comments.Refused] = field(default_factory=list)
    warnings: dict[str, list[Problem]] = field(default_factory=dict)  # of candidates, by project
    gone: list[comments.Gone] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)  # (project, rule)
    untouched: list[str] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    blocked: bool = False  # the layout itself is wrong: nothing at all can be deployed

    @property
    def errors(self) -> int:
        return sum(problem.is_error for _, problem in comments.distinct(self.broken))


@dataclass(slots=True)
class Verdict:
    """`plan` is None when nothing deploys; `rejected` then holds the plan that was refused."""

    refused: dict[str, str]
    accepted: list[RefUpdate]
    default_branch: str
    plan: Plan | None
    rejected: Plan | None = None


def settings_of(settings: ProjectSettings) -> dict[str, object]:
    """What of the settings changes a deploy, besides the path."""
    return {"ignore": list(settings.ignore), "schedules": settings.schedules}
