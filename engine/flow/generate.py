"""Tasks that the engine adds while an attempt runs: `^check`, `^error`, `^failure-alert` (engine.md §7-9)."""

from __future__ import annotations

import logging
from typing import Any

from engine.dig.compiler import CompileError, compile_subtasks
from engine.errors import ConfigError, TooManyTasks
from engine.flow.tree import Node, Tree, ensure_room, grow
from engine.model import Params
from engine.params import merge
from engine.states import TaskFlag
from engine.typed import as_bool
from engine.workflow import CompiledTask

log = logging.getLogger(__name__)

SLA_KEYS = ("time", "duration", "alert", "fail")
VIOLATION = "SLA violation"
FAILURE_ALERT: Params = {"notify>": "Workflow session attempt failed"}
NEVER_REUSED = ("^error", "^failure-alert", "^sla")  # engine.md §25.2, 1


def _own(node: Node, key: str) -> Any:
    """A reserved key of the task itself: of its local keys or its own export (language.md §7)."""
    task = node.task
    return task.local.get(key, task.export.get(key))


def has_check(node: Node) -> bool:
    return bool(_own(node, "_check"))


def compiled_check(node: Node) -> tuple[CompiledTask, ...]:
    """The tasks of `_check`, none if there is no such key. Raises `CompileError`."""
    config = _own(node, "_check")
    return compile_subtasks(f"{node.task.full_name}^check", config) if config else ()


def add_error(tree: Tree, node: Node, error: Params, *, stores: list[Node] | None = None) -> bool:
    """Add `^error`, if the task has `_error`. One that cannot be added is logged, and the task fails."""
    config = _own(node, "_error")
    if not config:
        return False
    try:
        compiled = compile_subtasks(f"{node.task.full_name}^error", config)
        ensure_room(tree, compiled)
    except (CompileError, TooManyTasks) as problem:
        log.warning("%s fails without its error task: %s", node.task.full_name, problem)
        return False
    added = grow(tree, node, compiled, flags=TaskFlag.NONE)
    given: Params = {}
    for below in stores or ():
        given = merge(given, below.task.store_params)
    added.task.export_params = {**given, "error": error}
    return True


def add_failure_alert(tree: Tree, root: Node) -> bool:
    """Add `^failure-alert` to a root that is about to fail; its own failure changes nothing."""
    compiled = compile_subtasks(f"{root.task.full_name}^failure-alert", FAILURE_ALERT)
    grow(tree, root, compiled, flags=TaskFlag.NONE)
    return True


def add_sla(tree: Tree, sla: Params) -> None:
    """Add what a missed deadline asks for, beside the workflow and outside of the task limit
    (schedules.md §15). A broken task of the user's is logged; the alert is there all the same."""
    root = tree.root
    for suffix, config in _sla_tasks(sla).items():
        name = f"{root.task.full_name}{suffix}"
        try:
            compiled = compile_subtasks(name, config)
        except CompileError as problem:
            log.warning("%s cannot run: %s", name, problem)
            continue
        grow(tree, root, compiled, flags=TaskFlag.NONE)
    tree.touch(root)


def _sla_tasks(sla: Params) -> dict[str, Params]:
    found: dict[str, Params] = {}
    if _flag(sla, "alert", default=True):
        found["^sla^alert"] = {"notify>": VIOLATION}
    if _flag(sla, "fail", default=False):
        found["^sla^fail"] = {"fail>": VIOLATION}
    found["^sla"] = {key: value for key, value in sla.items() if key not in SLA_KEYS}
    return found


def _flag(sla: Params, key: str, *, default: bool) -> bool:
    try:
        return as_bool(sla, key, default)
    except ConfigError as error:
        log.warning("%s; %s is used", error, default)
        return default
