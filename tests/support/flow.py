"""Drive a tree by hand: operators with scripted endings, no store, no threads, no clock."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from engine.dig.compiler import compile_workflow
from engine.flow import moves
from engine.flow.plan import first_tasks
from engine.flow.scope import visible
from engine.flow.tree import Limits, Node, Tree, build
from engine.model import Params, Task
from engine.outcome import Failed, Later, Outcome, Succeeded, TaskResult

START = datetime(2024, 1, 2, tzinfo=UTC)


def config_of(text: str) -> Params:
    return yaml.safe_load(textwrap.dedent(text)) or {}


def operator_of(local: Params) -> tuple[str, Any]:
    return next((k[:-1], v) for k, v in local.items() if k.endswith(">"))


def fill(text: Any, scope: Params) -> Any:
    """Just enough of `${name}` for these tests."""
    if isinstance(text, str):
        for name, value in scope.items():
            text = text.replace(f"${{{name}}}", str(value))
        if isinstance(error := scope.get("error"), dict):
            text = text.replace("${error.message}", str(error.get("message")))
    return text


def run_operator(node: Node, scope: Params) -> Outcome:
    name, command = operator_of(node.task.local)
    command = fill(command, scope)
    match name:
        case "fail":
            return Failed({"message": command})
        case "store":
            return Succeeded(TaskResult(store=command))
        case "reset":
            return Succeeded(TaskResult(reset=tuple(command)))
        case "export":
            return Succeeded(TaskResult(export=command, subtask=node.task.local.get("_do", {})))
        case "later":
            done = node.task.state_params.get("called")
            return Succeeded(TaskResult()) if done else Later(float(command), {"called": True})
        case "if":
            chosen = node.task.local.get("_do" if command in (True, "True") else "_else_do", {})
            return Succeeded(TaskResult(subtask=chosen))
        case "loop":
            body = node.task.local["_do"]
            tasks = {
                f"+loop-{i}": {**body, "_export": {**body.get("_export", {}), "i": i}}
                for i in range(int(command))
            }
            parallel = node.task.local.get("_parallel")
            return Succeeded(
                TaskResult(subtask=tasks if parallel is None else {"_parallel": parallel, **tasks})
            )
        case "do":
            return Succeeded(TaskResult(subtask=command))
        case _:
            return Succeeded(TaskResult())


@dataclass
class Play:
    """One attempt. `order` is what ran, `said` what `echo>` printed."""

    tree: Tree
    order: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    running: list[Node] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        text: str,
        *,
        params: Params | None = None,
        limits: Limits = Limits(),
        reusable: dict[str, Task] | None = None,
        attempt_id: int = 1,
    ) -> Play:
        compiled = compile_workflow("wf", config_of(text))
        tasks = first_tasks(attempt_id, compiled, START, reusable)
        tree = build(
            attempt_id,
            tasks,
            base=params or {},
            now=START,
            evaluate=fill,
            limits=limits,
            reusable=reusable,
        )
        moves.begin(tree)
        return cls(tree).decide()

    def decide(self) -> Play:
        moves.advance(self.tree)
        self.running += moves.start_ready(self.tree)
        return self

    def names_running(self) -> list[str]:
        return [node.task.full_name for node in self.running]

    def end(self, name: str, outcome: Outcome | None = None) -> Play:
        """Let the running task of that name end, with its own outcome unless given."""
        node = next(n for n in self.running if n.task.full_name == name)
        self.running.remove(node)
        scope = visible(self.tree, node)
        self.order.append(name)
        if node.task.local.get("echo>") is not None:
            self.said.append(fill(str(node.task.local["echo>"]), scope))
        result = outcome or run_operator(node, scope)
        moves.finish(self.tree, node.task.id, node.task.retry_count, result)
        return self.decide()

    def wake(self, seconds: float) -> Play:
        self.tree.now += timedelta(seconds=seconds)
        for node in list(self.tree.nodes.values()):
            moves.wake(self.tree, node.task.id)
        return self.decide()

    def kill(self) -> Play:
        moves.kill(self.tree)
        return self.decide()

    def run(self, choose: Callable[[list[Node]], Node] = lambda nodes: nodes[0]) -> Play:
        """To the end: waiting times pass at once."""
        while not self.tree.root.state.done:
            if self.running:
                self.end(choose(self.running).task.full_name)
            else:
                before = [n.state for n in self.tree.nodes.values()]
                self.wake(1_000_000)
                assert before != [n.state for n in self.tree.nodes.values()], self.table()
        return self

    def table(self) -> list[tuple[int, str, int | None, tuple[int, ...], str]]:
        """(number, full name, parent, upstreams, state) of all tasks, as engine.md §27 shows them."""
        first = min(self.tree.nodes)
        return [
            (
                t.id - first + 1,
                t.full_name,
                None if t.parent_id is None else t.parent_id - first + 1,
                tuple(u - first + 1 for u in t.upstreams),
                t.state.label,
            )
            for t in sorted((n.task for n in self.tree.nodes.values()), key=lambda t: t.id)
        ]

    def states(self) -> dict[str, str]:
        """Full name -> state, of the newest task of each name."""
        return {name: state for _, name, _, _, state in self.table()}

    @property
    def status(self) -> str:
        return self.tree.root.state.label

    def tasks(self) -> list[Task]:
        return [node.task for node in self.tree.nodes.values()]
