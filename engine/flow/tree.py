"""The tasks of one running attempt, in memory, with what is needed to decide without looking at all.

A `Tree` is owned by one thread. `move` is the only way a state changes: it checks the table of
moves, keeps the counters of the neighbourhood, and notes what has to be written in `step`. The
functions of `moves`, `outcome`, `retry` and `params` decide; they never read more of the tree than
the task at hand, its siblings that depend on it and its parent, so that an attempt's cost grows
linearly with its tasks (performance.md, P14).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop

from engine.errors import TooManyTasks
from engine.model import TASK_IDS_PER_ATTEMPT, AttemptEnd, Params, Step, Task, TaskUpdate
from engine.states import TaskFlag, TaskState, check_move
from engine.workflow import CompiledTask

EvaluateText = Callable[[str, Params], str]


class Node:
    """A task and its place in the tree."""

    __slots__ = (
        "before",
        "child_failed",
        "children",
        "dependents",
        "inside",
        "live",
        "parent",
        "pending",
        "queued",
        "stored",
        "stores_below",
        "task",
        "waiting",
    )

    def __init__(self, task: Task, parent: Node | None) -> None:
        self.task = task
        self.parent = parent
        self.children: list[Node] = []
        self.dependents: list[Node] = []  # siblings that wait for this one
        self.waiting = 0  # siblings this one waits for that have not succeeded
        self.live = 0  # children in a progressing state
        self.child_failed = False  # in the present try; closes the window of a limited group
        self.pending: list[int] = []  # heap: ids of children that wait for a free slot
        self.queued = False  # is it in the parent's `pending`?
        self.before: Params | None = None  # parameters visible before its own export, once known
        self.inside: Params | None = None  # parameters its children start from, once known
        self.stores_below = False  # it or a descendant stored or reset something
        self.stored: tuple[Node, ...] | None = None  # the nodes that did, in pre-order

    @property
    def state(self) -> TaskState:
        return self.task.state

    def ancestors(self) -> Iterator[Node]:
        """From the parent up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def subtree(self) -> Iterator[Node]:
        """This node and all below it, in pre-order; an explicit stack, as chains may be deep."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Limits:
    tasks: int = 10_000  # per attempt, without the root and `^sub` groups (decisions.md, Limits)


@dataclass(slots=True)
class Tree:
    """All tasks of an attempt. `base` is what every task sees first: defaults, then attempt params."""

    attempt_id: int
    base: Params
    nodes: dict[int, Node]
    root: Node
    now: datetime
    evaluate: EvaluateText
    limits: Limits = Limits()
    reusable: dict[str, Task] = field(default_factory=dict)  # of the attempt this one resumes
    step: Step = field(init=False)
    counted: set[str] = field(default_factory=set)  # names; further tries do not count
    next_number: int = 1
    unblocked: deque[Node] = field(default_factory=deque)
    settling: deque[Node] = field(default_factory=deque)
    ready: list[Node] = field(default_factory=list)
    waiting_until: list[Node] = field(default_factory=list)  # entered a waiting state in this step

    def __post_init__(self) -> None:
        self.step = Step(self.attempt_id)

    # -- changing -----------------------------------------------------------------------------

    def move(self, node: Node, target: TaskState) -> None:
        """Change a state, keep the counters, and put on the agenda whoever this may free."""
        task = node.task
        source = task.state
        check_move(source, target)
        self.touch(node)
        task.state = target
        parent = node.parent
        if parent is None:
            return
        if source.progressing != target.progressing:
            parent.live += 1 if target.progressing else -1
        if target is TaskState.SUCCESS:
            self._release(node)
        if target.failed:
            parent.child_failed = True
        if target.done:
            if parent.pending:
                freed = self.nodes[heappop(parent.pending)]
                freed.queued = False
                self.unblocked.append(freed)
            if parent.live == 0:
                self.settling.append(parent)

    def touch(self, node: Node) -> None:
        """Note that the task's row has to be written, guarded by the state that is stored."""
        task = node.task
        task.updated_at = self.now
        if task.id not in self.step.updated:
            self.step.updated[task.id] = TaskUpdate(task, task.state)

    def _release(self, node: Node) -> None:
        for dependent in node.dependents:
            dependent.waiting -= 1
            if dependent.waiting == 0:
                self.unblocked.append(dependent)

    def insert(self, task: Task) -> Node:
        """Add a row below its parent. The parent may be done with planning already."""
        node = self._attach(task)
        self.step.inserted.append(task)
        task.updated_at = self.now
        if node.parent is not None:
            if task.state.progressing:
                node.parent.live += 1
            self.unblocked.append(node)
        return node

    def _attach(self, task: Task) -> Node:
        parent = self.nodes[task.parent_id] if task.parent_id is not None else None
        node = Node(task, parent)
        self.nodes[task.id] = node
        self.next_number = max(self.next_number, task.id % TASK_IDS_PER_ATTEMPT + 1)
        if parent is not None:
            parent.children.append(node)
        for wait in task.waits:
            upstream = self.nodes[wait]
            upstream.dependents.append(node)
            node.waiting += upstream.state is not TaskState.SUCCESS
        return node

    def new_id(self) -> int:
        number = self.next_number
        if number >= TASK_IDS_PER_ATTEMPT:
            raise TooManyTasks(f"Too many tasks. Limit: {TASK_IDS_PER_ATTEMPT} with all retries")
        self.next_number += 1
        return self.attempt_id * TASK_IDS_PER_ATTEMPT + number

    def mark_stores(self, node: Node) -> None:
        """Let the way up know that something was stored below."""
        for up in (node, *node.ancestors()):
            up.stored = None
            up.stores_below = True

    def take_step(self) -> Step:
        """What has to be written since the last call. Rows that are new are not updates."""
        step, self.step = self.step, Step(self.attempt_id)
        for task in step.inserted:
            step.updated.pop(task.id, None)
        return step

    def end(self, *, success: bool) -> None:
        tasks = tuple(node.task for node in self.nodes.values())
        self.step.end = AttemptEnd(self.attempt_id, success, self.now, tasks)


def _still_failed(parent: Node, task: Task) -> bool:
    """Did a child of the present try fail? Rows of a newer try follow all rows of the one before."""
    first = parent.children[0].task.full_name == task.full_name
    return task.state.failed or (parent.child_failed and not first)


def counts(full_name: str, *, is_group: bool, is_root: bool) -> bool:
    """Does a task count against the limit of the attempt?"""
    return not is_root and not (is_group and full_name.endswith("^sub"))


def _counted(compiled: Iterable[CompiledTask]) -> set[str]:
    return {
        c.full_name for c in compiled if counts(c.full_name, is_group=c.is_group, is_root=False)
    }


def task_from(
    compiled: CompiledTask, attempt_id: int, ids: list[int], parent_id: int | None, now: datetime
) -> Task:
    """The row of a compiled task; `ids` are those of the list it stands in."""
    return Task(
        id=ids[compiled.index],
        attempt_id=attempt_id,
        parent_id=parent_id if compiled.parent is None else ids[compiled.parent],
        full_name=compiled.full_name,
        is_group=compiled.is_group,
        upstreams=tuple(ids[i] for i in compiled.upstreams),
        waits=tuple(ids[i] for i in compiled.waits),
        window=compiled.window,
        local=compiled.local,
        export=compiled.export,
        updated_at=now,
    )


def ensure_room(tree: Tree, compiled: tuple[CompiledTask, ...]) -> None:
    """Raise `TooManyTasks` if the attempt may not have these tasks as well."""
    adding = len(_counted(compiled) - tree.counted)
    current = len(tree.counted)
    if adding and current + adding > tree.limits.tasks:
        raise TooManyTasks(
            f"Too many tasks. Limit: {tree.limits.tasks}, Current: {current}, Adding: {adding}"
        )


def grow(
    tree: Tree,
    parent: Node,
    compiled: tuple[CompiledTask, ...],
    *,
    upstream: Node | None = None,
    flags: TaskFlag = TaskFlag.INITIAL,
) -> Node:
    """Insert generated tasks below `parent`; the first of them, which waits for `upstream`."""
    tree.counted |= _counted(compiled)
    ids = [tree.new_id() for _ in compiled]
    tasks = [task_from(c, tree.attempt_id, ids, parent.task.id, tree.now) for c in compiled]
    if upstream is not None:
        tasks[0].upstreams = tasks[0].waits = (upstream.task.id,)
    for task in tasks:
        task.flags = flags
        reuse(task, tree.reusable)
    # A task's own upstreams come before it in the list, so one pass is enough.
    nodes = [tree.insert(task) for task in tasks]
    for node in nodes:
        if node.task.store_params or node.task.reset_params:
            tree.mark_stores(node)
    return nodes[0]


def reuse(task: Task, reusable: dict[str, Task]) -> None:
    """Make a new task a success if the resumed attempt has one to take over (engine.md §17.2)."""
    old = reusable.get(task.full_name)
    if old is None:
        return
    task.state = TaskState.SUCCESS
    task.export_params = old.export_params
    task.store_params = old.store_params
    task.reset_params = old.reset_params
    task.error = old.error
    task.updated_at = old.updated_at
    task.resumed_from = old.id


def build(
    attempt_id: int,
    tasks: Iterable[Task],
    *,
    base: Params,
    now: datetime,
    evaluate: EvaluateText,
    limits: Limits = Limits(),
    reusable: dict[str, Task] | None = None,
) -> Tree:
    """The tree of stored rows, which come by id: a parent and an upstream before who needs them."""
    ordered = list(tasks)
    root = Node(ordered[0], None)
    tree = Tree(attempt_id, base, {ordered[0].id: root}, root, now, evaluate, limits)
    tree.reusable = reusable or {}
    tree.next_number = ordered[0].id % TASK_IDS_PER_ATTEMPT + 1
    for task in ordered[1:]:
        node = tree._attach(task)
        if node.parent is not None:
            node.parent.live += task.state.progressing
            node.parent.child_failed = _still_failed(node.parent, task)
    tree.counted = {
        t.full_name for t in ordered[1:] if counts(t.full_name, is_group=t.is_group, is_root=False)
    }
    for node in tree.nodes.values():
        if node.task.store_params or node.task.reset_params:
            tree.mark_stores(node)
    return tree
