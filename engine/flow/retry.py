"""`_retry` of tasks whose children failed (engine.md §11.2)."""

from __future__ import annotations

import logging

from engine.errors import EngineError
from engine.flow.scope import visible
from engine.flow.tree import Node, Tree
from engine.model import Task
from engine.retry import RetryControl
from engine.states import TaskFlag

log = logging.getLogger(__name__)


def retry_delay(tree: Tree, node: Node) -> float | None:
    """Seconds until the next try, or None when there is none left.

    `_retry` of a group is evaluated with what the group sees (decisions.md). One that is malformed
    means no retry, with a warning, as in Digdag.
    """
    config = node.task.local.get("_retry", node.task.export.get("_retry"))
    if config is None:
        return None
    try:
        control = RetryControl.from_config(_evaluated(tree, node, config))
    except EngineError as error:
        log.warning("%s is not retried: %s", node.task.full_name, error)
        return None
    tried = int(node.task.state_params.get("retry_count", 0))
    return control.wait(tried)


def _evaluated(tree: Tree, node: Node, config: object) -> object:
    if isinstance(config, str) and "$" in config:
        return tree.evaluate(config, visible(tree, node))
    if isinstance(config, dict):
        return {key: _evaluated(tree, node, value) for key, value in config.items()}
    return config


def copy_children(tree: Tree, group: Node) -> None:
    """Insert the next try: the tasks written below the group, in file order, as new rows.

    Copied is what the definition has, not what bears a flag, so that retries within retries work
    (engine.md §25.2, 4). Earlier tries stay as history.
    """
    originals = _written(group)
    ids = {original.task.id: tree.new_id() for original in originals}
    for original in originals:
        tree.insert(_copy(original.task, ids))


def _written(group: Node) -> list[Node]:
    """The first of each name, level by level, in pre-order; generated tasks left out."""
    found: list[Node] = []
    stack = [group]
    while stack:
        node = stack.pop()
        if node is not group:
            found.append(node)
        names: dict[str, Node] = {}
        for child in node.children:
            if "^" not in child.task.full_name[len(node.task.full_name) :]:
                names.setdefault(child.task.full_name, child)
        stack.extend(reversed(names.values()))
    return found


def _copy(task: Task, ids: dict[int, int]) -> Task:
    return Task(
        id=ids[task.id],
        attempt_id=task.attempt_id,
        parent_id=ids.get(task.parent_id or 0, task.parent_id),
        full_name=task.full_name,
        is_group=task.is_group,
        upstreams=tuple(ids[up] for up in task.upstreams),
        waits=tuple(ids[up] for up in task.waits),
        window=task.window,
        local=task.local,
        export=task.export,
        flags=TaskFlag.INITIAL,
    )
