"""Which parameters a task sees (engine.md §13): by position in the workflow, never by clock.

What a sibling stored is known for good once it succeeded, so every node caches what is visible
before it (`before`) and what its children start from (`inside`); a chain of n tasks costs n merges
at most, and none where nothing was stored.
"""

from __future__ import annotations

from engine.flow.tree import Node, Tree
from engine.model import Params
from engine.params import literal, merge, reset
from engine.states import TaskState


def visible(tree: Tree, node: Node) -> Params:
    """All that a task sees but for built-in variables and its local keys (language.md §10, 1-5)."""
    params = before(tree, node)
    if node.task.export:
        params = merge(params, node.task.export)
    # Only error tasks have these before they ran: `error` and what was stored, as plain values.
    if node.task.export_params:
        params = merge(params, literal(node.task.export_params))
    return params


def before(tree: Tree, node: Node) -> Params:
    """Without the node's own export. Walks back to the nearest known answer, not by recursion."""
    trail = [node]
    while trail:
        current = trail[-1]
        if current.before is not None:
            trail.pop()
            continue
        need = _needs(tree, current)
        if need is not None:
            trail.append(need)
            continue
        current.before = _start(tree, current)
        trail.pop()
    assert node.before is not None
    return node.before


def _needs(tree: Tree, node: Node) -> Node | None:
    """The node whose answer this one's is made from, if that is not known yet."""
    model = _model(tree, node)
    if model is not None and model.before is None:
        return model
    parent = node.parent
    if model is None and parent is not None and parent.inside is None and parent.before is None:
        return parent
    return None


def _model(tree: Tree, node: Node) -> Node | None:
    """A sibling whose own upstream set is that of all siblings `node` waits for, if there is one."""
    upstreams = _upstreams(tree, node)
    if not upstreams:
        return None
    first = upstreams[0]
    shared = first.task.upstreams
    if all(sibling.task.upstreams == shared for sibling in upstreams):
        return first
    return None


def _upstreams(tree: Tree, node: Node) -> list[Node]:
    """The siblings shown as upstreams, by id. Under a sliding window some may still run: what they
    store later is not seen, what a chunk of Digdag's has stored by now is."""
    found = [tree.nodes[upstream] for upstream in node.task.upstreams]
    return [sibling for sibling in found if sibling.state is TaskState.SUCCESS]


def _start(tree: Tree, node: Node) -> Params:
    model = _model(tree, node)
    if model is not None:
        assert model.before is not None
        params = model.before
        for sibling in _upstreams(tree, node):
            params = add_stores(params, sibling)
        return params
    params = tree.base if node.parent is None else inside(node.parent)
    for sibling in _closure(tree, node):
        params = add_stores(params, sibling)
    return params


def _closure(tree: Tree, node: Node) -> list[Node]:
    """All siblings the node waits for, directly or not, each one's own upstreams before it."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(up, False) for up in reversed(_upstreams(tree, node))]
    while stack:
        sibling, expanded = stack.pop()
        if expanded:
            order.append(sibling)
        elif sibling.task.id not in seen:
            seen.add(sibling.task.id)
            stack.append((sibling, True))
            stack.extend((up, False) for up in reversed(_upstreams(tree, sibling)))
    return order


def inside(node: Node) -> Params:
    """What the children of a node start from; its `before` is known."""
    if node.inside is None:
        assert node.before is not None
        task = node.task
        params = merge(node.before, task.export) if task.export else node.before
        if task.export_params:
            params = merge(params, literal(task.export_params))
        node.inside = own_stores(params, node)
    return node.inside


def own_stores(params: Params, node: Node) -> Params:
    """Stored texts are data: they are marked, and never evaluated as templates."""
    task = node.task
    if task.reset_params:
        params = reset(params, task.reset_params)
    if task.store_params:
        params = merge(params, literal(task.store_params))
    return params


def add_stores(params: Params, node: Node) -> Params:
    """With what the node and everything below it stored."""
    for storing in storing_nodes(node):
        params = own_stores(params, storing)
    return params


def storing_nodes(node: Node) -> tuple[Node, ...]:
    """The nodes of a subtree that stored something, in pre-order."""
    if not node.stores_below:
        return ()
    if node.stored is None:
        node.stored = tuple(
            below for below in node.subtree() if below.task.store_params or below.task.reset_params
        )
    return node.stored
