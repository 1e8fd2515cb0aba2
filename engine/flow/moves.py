"""What happens next in an attempt: the moves that are possible now, and nothing else (engine.md §5).

`advance` runs the agenda of a tree until nothing more can be decided without a task ending or time
passing. It has no I/O; the same function serves the server, the local run and the dry run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from heapq import heappush

from engine.dig.compiler import CompileError, compile_subtasks
from engine.errors import EngineError, TooManyTasks
from engine.flow.generate import (
    add_error,
    add_failure_alert,
    add_sla,
    compiled_check,
    has_check,
)
from engine.flow.retry import copy_children, retry_delay
from engine.flow.tree import Node, Tree, ensure_room, grow
from engine.model import Params
from engine.outcome import Failed, Later, Outcome, Succeeded, TaskResult
from engine.params import merge
from engine.states import WAITING, TaskFlag, TaskState


def begin(tree: Tree) -> None:
    """Put everything on the agenda that may be possible: for an attempt just loaded."""
    for node in tree.nodes.values():
        if node.state is TaskState.BLOCKED:
            if node.waiting == 0 and not _is_stale(node):
                tree.unblocked.append(node)
        elif node.state is TaskState.PLANNED:
            tree.settling.append(node)
        elif node.state is TaskState.READY:
            tree.ready.append(node)
        elif node.state in WAITING:
            tree.waiting_until.append(node)


def _is_stale(node: Node) -> bool:
    """Left over by an earlier try of a group with a window, whose tasks wait for no sibling."""
    parent = node.parent
    if parent is None or not parent.task.window:
        return False
    return node not in newest_children(parent)


def advance(tree: Tree) -> None:
    """Decide until the agenda is empty. Children are freed before their parents are settled."""
    while tree.unblocked or tree.settling:
        if tree.unblocked:
            unblock(tree, tree.unblocked.popleft())
        else:
            settle(tree, tree.settling.popleft())
    if tree.root.state.done and tree.step.end is None:
        tree.end(success=tree.root.state is TaskState.SUCCESS)


def unblock(tree: Tree, node: Node) -> None:
    """Start a task whose parent is planned and whose upstreams succeeded."""
    if not _may_start(node):
        return
    if node.task.is_group:
        _plan(tree, node)
    elif _cancel_requested(node):
        tree.move(node, TaskState.CANCELED)
    else:
        _make_ready(tree, node)


def _may_start(node: Node) -> bool:
    parent = node.parent
    if node.state is not TaskState.BLOCKED or node.waiting or parent is None:
        return False
    if parent.state not in (TaskState.PLANNED, TaskState.SUCCESS):
        return False
    return _window_open(parent, node)


def _window_open(parent: Node, node: Node) -> bool:
    """`_parallel: {limit: N}`: N at once in file order, and nothing more once one failed."""
    if not parent.task.window or is_generated(node):
        return True
    if parent.live < parent.task.window and not parent.child_failed:
        return True
    if not node.queued:
        node.queued = True
        heappush(parent.pending, node.task.id)
    return False


def is_generated(node: Node) -> bool:
    """True for `T^check`, `T^error` … as against a child `T+x` that was written."""
    parent = node.parent
    return parent is not None and node.task.full_name[len(parent.task.full_name)] == "^"


def _make_ready(tree: Tree, node: Node) -> None:
    tree.move(node, TaskState.READY)
    tree.ready.append(node)


def _plan(tree: Tree, node: Node) -> None:
    tree.move(node, TaskState.PLANNED)
    tree.unblocked.extend(child for child in node.children if child.waiting == 0)
    tree.settling.append(node)


def start_ready(tree: Tree) -> list[Node]:
    """Move what is ready to RUNNING, in the order of the file; the tasks to hand to the executor."""
    started = sorted(tree.ready, key=lambda node: node.task.id)
    tree.ready.clear()
    started = [node for node in started if node.state is TaskState.READY]
    for node in started:
        tree.move(node, TaskState.RUNNING)
        node.task.started_at = node.task.started_at or tree.now
        tree.step.enqueued[node.task.id] = node.task
    return started


# -- the end of a run -----------------------------------------------------------------------------


def finish(tree: Tree, task_id: int, retry_count: int, outcome: Outcome) -> bool:
    """Take the outcome of a run. False when it is of no use: the task does not run (any more)."""
    node = tree.nodes.get(task_id)
    if node is None or node.state is not TaskState.RUNNING or node.task.retry_count != retry_count:
        return False
    if tree.step.enqueued.pop(task_id, None) is None:
        tree.step.dequeued.append(task_id)
    if _cancel_requested(node):
        tree.move(node, TaskState.CANCELED)
    elif isinstance(outcome, Later):
        _wait(tree, node, outcome)
    elif isinstance(outcome, Failed):
        _fail(tree, node, outcome.error)
    else:
        _succeed(tree, node, outcome)
    return True


def _wait(tree: Tree, node: Node, outcome: Later) -> None:
    tree.move(node, TaskState.RETRY_WAITING)
    node.task.state_params = outcome.state
    _wake_in(tree, node, outcome.seconds)


def _wake_in(tree: Tree, node: Node, seconds: float) -> None:
    node.task.retry_count += 1
    node.task.retry_at = later(tree.now, seconds)
    tree.waiting_until.append(node)


def later(now: datetime, seconds: float) -> datetime:
    """`seconds` from now, at the latest at the end of the calendar."""
    try:
        return now + timedelta(seconds=max(seconds, 0))
    except OverflowError:
        return now.replace(year=9999)


def _succeed(tree: Tree, node: Node, outcome: Succeeded) -> None:
    result = outcome.result
    try:
        sub = (
            compile_subtasks(f"{node.task.full_name}^sub", result.subtask) if result.subtask else ()
        )
        check = compiled_check(node)
        ensure_room(tree, sub + check)
    except (CompileError, TooManyTasks) as error:
        _fail(tree, node, {"message": _with_kind(error)})
        return
    _store_result(tree, node, result)
    if not (sub or check):
        tree.move(node, TaskState.SUCCESS)
        return
    generated = grow(tree, node, sub) if sub else None
    if check:
        grow(tree, node, check, upstream=generated, flags=TaskFlag.NONE)
    _plan(tree, node)


def _with_kind(error: EngineError) -> str:
    kind = "task limit exceeded" if isinstance(error, TooManyTasks) else "config"
    return f"{error} ({kind})"


def _store_result(tree: Tree, node: Node, result: TaskResult) -> None:
    task = node.task
    # An error task was given some when it was made: they stay.
    task.export_params = merge(task.export_params, result.export)
    task.store_params = result.store
    task.reset_params = result.reset
    task.error = {}
    node.inside = None
    if result.store or result.reset:
        tree.mark_stores(node)


def _clear_result(tree: Tree, node: Node) -> None:
    task = node.task
    task.store_params, task.reset_params = {}, ()
    if not task.full_name.endswith("^error"):
        task.export_params = {}
    node.inside = None
    tree.mark_stores(node)


def _fail(tree: Tree, node: Node, error: Params) -> None:
    node.task.error = error
    if add_error(tree, node, error_of(node, error)):
        node.task.flags |= TaskFlag.DELAYED_ERROR
        _plan(tree, node)
    else:
        tree.move(node, TaskState.ERROR)


# -- the end of children --------------------------------------------------------------------------


def settle(tree: Tree, node: Node) -> None:
    """End a planned task none of whose children can go on (engine.md §5.1)."""
    if node.state is not TaskState.PLANNED or node.live:
        return
    target = _ending(tree, node)
    if target is not None:
        tree.move(node, target)


def _ending(tree: Tree, node: Node) -> TaskState | None:
    flags = node.task.flags
    if flags & TaskFlag.CANCEL_REQUESTED:
        return TaskState.CANCELED
    if flags & TaskFlag.DELAYED_ERROR:
        return TaskState.ERROR
    if flags & TaskFlag.DELAYED_GROUP_ERROR:
        return TaskState.GROUP_ERROR
    if any(child.state.failed for child in newest_children(node)):
        return _children_failed(tree, node)
    if node.task.is_group and has_check(node) and not _checked(node):
        return _check_group(tree, node)
    return TaskState.SUCCESS


def newest_children(node: Node) -> list[Node]:
    """Of children with one name the newest: earlier tries of a retry do not count."""
    return list({child.task.full_name: child for child in node.children}.values())


def _checked(node: Node) -> bool:
    return (
        bool(node.children) and node.children[-1].task.full_name == f"{node.task.full_name}^check"
    )


def _check_group(tree: Tree, node: Node) -> TaskState | None:
    """A group's `_check` runs after the group succeeded (decisions.md)."""
    try:
        check = compiled_check(node)
        ensure_room(tree, check)
    except (CompileError, TooManyTasks) as error:
        node.task.error = {"message": _with_kind(error)}
        return TaskState.GROUP_ERROR
    grow(tree, node, check, flags=TaskFlag.NONE)
    return None


def _children_failed(tree: Tree, node: Node) -> TaskState | None:
    delay = retry_delay(tree, node)
    if delay is not None:
        _wait_for_group(tree, node, delay)
        return None
    alerted = node.parent is None and add_failure_alert(tree, node)
    handled = add_error(tree, node, collected_error(node), stores=collected_stores(node))
    if not (alerted or handled):
        return TaskState.GROUP_ERROR
    tree.touch(node)
    node.task.flags |= TaskFlag.DELAYED_GROUP_ERROR
    return None


def _wait_for_group(tree: Tree, node: Node, delay: float) -> None:
    tree.move(node, TaskState.GROUP_RETRY_WAITING)
    tries = int(node.task.state_params.get("retry_count", 0)) + 1
    node.task.state_params = {**node.task.state_params, "retry_count": tries}
    _wake_in(tree, node, delay)


def error_of(node: Node, error: Params) -> Params:
    """The error as `_error` sees it: with the failed task's name and id (engine.md §25.2, 7)."""
    return {**error, "task_name": node.task.full_name, "task_id": node.task.id}


def collected_error(node: Node) -> Params:
    """The errors of all descendants, merged in tree order: a later one's message is seen."""
    merged: Params = {}
    for below in node.subtree():
        if below.task.error and below is not node:
            merged.update(error_of(below, below.task.error))
    return merged


def collected_stores(node: Node) -> list[Node]:
    """The descendants that stored something, in tree order."""
    return [b for b in node.subtree() if b is not node and b.task.store_params]


# -- time and kill --------------------------------------------------------------------------------


def wake(tree: Tree, task_id: int) -> None:
    """Go on with a task whose waiting time is over; nothing if it does not wait, or waits longer."""
    node = tree.nodes.get(task_id)
    if node is None or node.state not in WAITING:
        return
    if node.task.retry_at is not None and node.task.retry_at > tree.now:
        return
    group = node.task.is_group and node.state is TaskState.GROUP_RETRY_WAITING
    tree.move(node, TaskState.READY)
    node.task.retry_at = None
    if not group:
        if node.children:  # an operator whose generated tasks failed runs again (engine.md §11.2)
            _clear_result(tree, node)
        tree.ready.append(node)
        return
    node.child_failed = False
    node.pending.clear()
    copy_children(tree, node)
    tree.move(node, TaskState.PLANNED)
    # Those of an SLA came while the group waited.
    tree.unblocked.extend(c for c in node.children if is_generated(c) and not c.waiting)
    tree.settling.append(node)


def overdue(tree: Tree, sla: Params) -> None:
    """The deadline has passed. Nothing happens once the attempt is done or to be killed."""
    tree.step.sla_seen = True
    if not tree.root.state.done and not _cancel_requested(tree.root):
        add_sla(tree, sla)


def kill(tree: Tree) -> None:
    """Ask every task that is not done to cancel; what waits is canceled at once (engine.md §15)."""
    tree.ready.clear()
    for node in list(tree.nodes.values()):
        if node.state.done:
            continue
        tree.touch(node)
        node.task.flags |= TaskFlag.CANCEL_REQUESTED
        if node.state in WAITING or node.state is TaskState.READY:
            tree.move(node, TaskState.CANCELED)
        elif node.state is TaskState.BLOCKED and node.waiting == 0:
            tree.unblocked.append(node)
        elif node.state is TaskState.PLANNED:
            tree.settling.append(node)


def _cancel_requested(node: Node) -> bool:
    return bool(node.task.flags & TaskFlag.CANCEL_REQUESTED)
