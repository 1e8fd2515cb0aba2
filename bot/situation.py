"""What the store knows that matters for a push."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot import store
from bot.dependencies import Known
from bot.plan import Situation
from engine.model import Project
from engine.store import definitions, projects, revisions, triggers
from engine.store.database import Database, Tx


def read(tx: Tx, name: str, repository: store.Repository | None) -> Situation:
    """The state of a repository, which may not be there yet."""
    if repository is None:
        return Situation(name, None, owners=_owners(tx))
    follows = {follow.project_name: follow for follow in store.list_follows(tx, repository.id)}
    living = projects.find_projects(tx, list(follows))
    ours = {n: p for n, p in living.items() if p.repository_id in (None, repository.id)}
    takes_uploads = [ours[n] for n, follow in follows.items() if follow.uploads and n in ours]
    return Situation(
        repository=name,
        repository_id=repository.id,
        follows=follows,
        projects=ours,
        owners=_owners(tx),
        uploaded=frozenset(_uploaded(tx, takes_uploads)),
    )


def asker(database: Database) -> Callable[[Iterable[str], Iterable[str]], Known]:
    """A function that looks up what triggers are judged against; names are of projects."""

    def ask(incoming: Iterable[str], upstreams: Iterable[str]) -> Known:
        with database.read() as tx:
            return known(tx, set(incoming), set(upstreams))

    return ask


def known(tx: Tx, incoming: set[str], upstreams: set[str]) -> Known:
    rows = triggers.all_triggers(tx)
    names = {p.id: p.name for p in projects.projects(tx, {row.project_id for row in rows}).values()}
    edges = {
        (names[row.project_id], row.workflow_name): (row.upstream_project, row.upstream_workflow)
        for row in rows
    }
    found = projects.find_projects(tx, incoming | upstreams)
    # Only of these do the workflows matter: something is triggered by them.
    asked = upstreams | {project for project, _ in edges.values()}
    return Known(
        projects={name: project.repository_id for name, project in found.items()},
        upstreams=edges,
        workflows={n: _workflows(tx, p) for n, p in found.items() if n in asked},
    )


def _workflows(tx: Tx, project: Project) -> frozenset[str]:
    if project.current_revision_id is None:
        return frozenset()
    found = definitions.definitions_of(tx, project.current_revision_id)
    return frozenset(definition.name for definition in found)


def _uploaded(tx: Tx, found: Iterable[Project]) -> Iterable[str]:
    for project in found:
        current = project.current_revision_id
        if current is None or not revisions.revision(tx, current).content_hash:
            yield project.name


def _owners(tx: Tx) -> dict[int, str]:
    return {repository.id: repository.name for repository in store.list_repositories(tx)}
