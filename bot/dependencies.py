"""`trigger: attempt>` across projects, judged against the state after the push (decisions.md, Triggers).

Values in, values out. A node is (project, workflow); each has at most one upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.dig.suggest import did_you_mean

Node = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is there besides the projects of this push."""

    projects: Mapping[str, int | None] = field(default_factory=dict)  # living ones -> repository
    declared: frozenset[str] = frozenset()  # the default branch declares them
    upstreams: Mapping[Node, Node] = field(default_factory=dict)  # triggers of current revisions
    workflows: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of current revisions


@dataclass(frozen=True, slots=True)
class Incoming:
    """A project that the push deploys."""

    workflows: frozenset[str]
    upstreams: Mapping[str, Node]  # workflow -> what triggers it


@dataclass(frozen=True, slots=True)
class Finding:
    """About a workflow of a project; `workflow` None when one of its workflows is gone."""

    project: str
    workflow: str | None
    message: str
    is_error: bool


def check(
    incoming: Mapping[str, Incoming], broken: Iterable[str], known: Known, *, partly: bool
) -> list[Finding]:
    """`broken` are projects of the push that cannot be deployed, for whatever reason.

    `partly`: the others are deployed without them (`on_error: accept`), so one that never was
    deployed will not be there.
    """
    missing = set(broken) - known.projects.keys()
    there = known.projects.keys() | known.declared | incoming.keys()
    # What a broken project will hold is not known, nor whether its workflows are all there.
    unclear = set(broken) - missing if partly else set(broken)
    if partly:
        there -= missing
    found: list[Finding] = []
    for project, new in sorted(incoming.items()):
        for workflow, upstream in sorted(new.upstreams.items()):
            if upstream[0] not in unclear:
                problem = _wrong_upstream(upstream, incoming, there, known)
                found += [Finding(project, workflow, *problem)] if problem else []
    found += _cycles(incoming, known)
    found += _abandoned(incoming, known)
    return found


def _wrong_upstream(
    upstream: Node, incoming: Mapping[str, Incoming], there: set[str], known: Known
) -> tuple[str, bool] | None:
    """(message, is it an error) about what a trigger names."""
    name, wanted = upstream
    if name not in there:
        message = f"Dependent project '{name}' not found in trigger config"
        return message + did_you_mean(name, sorted(there)), True
    new = incoming.get(name)
    workflows = new.workflows if new else known.workflows.get(name, frozenset())
    if wanted in workflows:
        return None
    hint = did_you_mean(wanted, sorted(workflows))
    message = f"project '{name}' has no workflow '{wanted}'{hint}; the trigger never fires"
    return message, False


def _cycles(incoming: Mapping[str, Incoming], known: Known) -> Iterable[Finding]:
    upstreams = after(incoming, known)
    seen: set[Node] = set()
    for start in sorted(upstreams):
        if start[0] not in incoming or start in seen:
            continue
        cycle = _cycle(start, upstreams)
        ours = [node for node in cycle or () if node[0] in incoming]
        if cycle is None or not ours or seen.intersection(cycle):
            continue
        seen.update(cycle)
        # From its first name, against the arrows of `upstreams`: in the order in which they run.
        first = cycle.index(min(cycle))
        nodes = [*cycle[first:], *cycle[:first]]
        order = [nodes[0], *reversed(nodes[1:]), nodes[0]]
        path = " → ".join(f"{project}/{workflow}" for project, workflow in order)
        yield Finding(*min(ours), f"the triggers go in a circle: {path}", True)


def after(incoming: Mapping[str, Incoming], known: Known) -> dict[Node, Node]:
    """Who is triggered by whom when the push is deployed."""
    found = {node: up for node, up in known.upstreams.items() if node[0] not in incoming}
    for project, new in incoming.items():
        found.update({(project, workflow): up for workflow, up in new.upstreams.items()})
    return found


def _cycle(start: Node, upstreams: Mapping[Node, Node]) -> list[Node] | None:
    """The circle that the way upwards from `start` ends in."""
    way: list[Node] = []
    node: Node | None = start
    while node is not None and node not in way:
        way.append(node)
        node = upstreams.get(node)
    return None if node is None else way[way.index(node) :]


def _abandoned(incoming: Mapping[str, Incoming], known: Known) -> Iterable[Finding]:
    """Workflows that go while others are triggered by them."""
    for (project, workflow), (name, wanted) in sorted(known.upstreams.items()):
        new = incoming.get(name)
        if new is None or project in incoming or wanted in new.workflows:
            continue
        if wanted in known.workflows.get(name, frozenset()):
            message = f"workflow '{wanted}' is gone, but '{project}/{workflow}' is triggered by it"
            yield Finding(name, None, message, False)
