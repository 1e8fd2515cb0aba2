"""A definition → the flat list of its tasks, with parents and upstreams (language.md §5, §8).

Takes plain mappings; what it finds wrong carries a key path, which project.py turns into a place.
The same code runs at a push, when a workflow starts, and when an operator generates tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.dig import limits, order
from engine.dig.problem import Finding, shown
from engine.dig.rules import keys, names
from engine.dig.source import KeyPath
from engine.dig.written import Pieces, Written, written
from engine.errors import ConfigError
from engine.params import Params
from engine.typed import as_bool
from engine.workflow import CompiledTask

SHAPE = "shape"
EXPORT = "export"  # refused when the task would run, not by a Digdag server's push


_NOT_LOCAL = frozenset({"_export", "_background", "_after"})


class CompileError(ConfigError):
    """The definition cannot be compiled."""

    def __init__(self, problems: list[tuple[KeyPath, str, str]]) -> None:
        self.problems = problems
        super().__init__("\n".join(message for _path, _rule, message in problems))


@dataclass(slots=True)
class Compilation:
    """What came out: tasks, the same ones as written, and what is wrong with them."""

    tasks: list[CompiledTask] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    generated: list[Written] = field(default_factory=list)  # those of `_error`
    findings: list[Finding] = field(default_factory=list)


def compile_workflow(name: str, config: Params) -> tuple[CompiledTask, ...]:
    """The tasks of a workflow; the first is its root `+name`, always a group.

    Raises `CompileError` with everything that is wrong.
    """
    return _checked(analyse(f"+{name}", config, top=True))


def compile_subtasks(full_name: str, config: Params) -> tuple[CompiledTask, ...]:
    """Generated tasks; the first is the task called `full_name` itself, without a parent.

    Raises `CompileError` with everything that is wrong.
    """
    return _checked(analyse(full_name, config))


def analyse(full_name: str, config: Any, path: KeyPath = (), *, top: bool = False) -> Compilation:
    """Compile as far as possible, and say what is wrong. `top`: the definition of a workflow."""
    result = Compilation()
    compiler = _Compiler(result, top=top)
    pieces = _pieces(config, path, lists=False)
    if pieces is None:
        message = f"{shown(full_name)[1:-1]} must be a mapping, found {shown(config)}"
        result.findings.append(Finding(path, SHAPE, message))
    else:
        compiler.collect(full_name, pieces)
    return result


def _checked(result: Compilation) -> tuple[CompiledTask, ...]:
    if result.findings:
        raise CompileError([(f.path, f.rule, f.message) for f in result.findings])
    return tuple(result.tasks)


def _pieces(value: Any, path: KeyPath, *, lists: bool = True) -> Pieces | None:
    """The mappings a task's value consists of; None when it is something else."""
    if isinstance(value, dict):
        return ((path, value),)
    if lists and isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return tuple(((*path, index), item) for index, item in enumerate(value)) or ((path, {}),)
    return None


class _Compiler:
    def __init__(self, result: Compilation, *, top: bool) -> None:
        self._result = result
        self._top = top

    def collect(
        self,
        full_name: str,
        pieces: Pieces,
        parent: int | None = None,
        key: str = "",
        siblings: order.Order | None = None,
    ) -> None:
        """Add the task, and everything below it, in the order of the file."""
        whole = pieces[0][1]
        if len(pieces) > 1:
            whole = {key: value for _path, piece in pieces for key, value in piece.items()}
        task, children = self._read(full_name, key, whole, pieces)
        complain = self._complaints(task)
        upstreams: order.Indexes = ()
        waits: order.Indexes = ()
        if siblings:
            upstreams, waits = siblings.join(
                key, {} if task.disabled else task.own, len(self._result.tasks), complain
            )
        arranged = order.order_of(task.own, complain) if task.is_group else None
        self._add(task, parent, upstreams, waits, arranged.window if arranged else 0)
        if task.disabled:
            return
        if arranged:
            self._collect_group(task, children, arranged)
        else:
            self._check_operator(task, children)
        if task.own.get("_error"):
            self._check_error_task(task)

    def _read(
        self, full_name: str, key: str, whole: Params, pieces: Pieces
    ) -> tuple[Written, Params]:
        """The task's own keys, and its children."""
        own: Params = {}
        children: Params = {}
        operators: tuple[str, ...] = ()
        for name, value in whole.items():
            if name[:1] == "+":
                children[name] = value
                continue
            own[name] = value
            if name[-1:] == ">":
                operators += (name,)
        task = written(full_name, key, own, pieces, operators)
        if "_disable" in own and self._disabled(task):
            empty: Params = {"_disable": True}
            task = Written(full_name, key, empty, pieces, (), None, None, disabled=True)
        return task, children

    def _add(
        self,
        task: Written,
        parent: int | None,
        upstreams: order.Indexes,
        waits: order.Indexes,
        window: int,
    ) -> None:
        own = task.own
        export = self._export(task) if "_export" in own else {}
        result = self._result
        result.written.append(task)
        result.tasks.append(
            CompiledTask(
                index=len(result.tasks),
                parent=parent,
                full_name=task.full_name,
                is_group=task.is_group,
                upstreams=upstreams,
                waits=waits,
                window=window,
                local=own
                if _NOT_LOCAL.isdisjoint(own)
                else {key: value for key, value in own.items() if key not in _NOT_LOCAL},
                export=export,
            )
        )

    def _collect_group(self, task: Written, children: Params, arranged: order.Order) -> None:
        index = len(self._result.tasks) - 1
        at_top = self._top and index == 0
        if not at_top:
            for key in task.own:
                if message := keys.group_key(task.full_name, key):
                    self._found(task.path(key), keys.RULE, message)
        for key, value in children.items():
            path = task.path(key)
            if message := names.task_name(key, at_top=at_top):
                self._found(path, names.RULE, message)
            pieces = _pieces(value, path)
            if pieces is None:
                self._found(path, SHAPE, _not_a_task(key, value))
            else:
                self.collect(task.full_name + key, pieces, index, key, arranged)

    def _check_operator(self, task: Written, children: Params) -> None:
        if children:
            child = next(iter(children))
            message = f"A task can't have subtasks: {shown(child)} stands beside"
            operator = shown(task.operator_key)
            self._found(
                task.path(child), SHAPE, f"{message} {operator}; put both into tasks of a group"
            )
        if len(task.operators) > 1:
            both = " and ".join(shown(key) for key in task.operators[:2])
            self._found(
                task.path(task.operators[1]),
                SHAPE,
                f"A task can't have more than one operator: found {both}; make a task of each",
            )

    def _check_error_task(self, task: Written) -> None:
        path = task.path("_error")
        nested = analyse(f"{task.full_name}^error", task.own["_error"], path)
        self._result.findings.extend(nested.findings)
        self._result.generated.extend((*nested.written, *nested.generated))

    def _export(self, task: Written) -> Params:
        export = task.own["_export"]
        if isinstance(export, dict):
            return export
        if export is not None:
            message = f"'_export' takes a mapping of parameters, found {shown(export)}"
            self._found(task.path("_export"), EXPORT, message)
        return {}

    def _disabled(self, task: Written) -> bool:
        try:
            return as_bool(task.own, "_disable", False)
        except ConfigError as error:
            self._found(task.path("_disable"), SHAPE, str(error))
            return False

    def _complaints(self, task: Written) -> order.Complain:
        return lambda key, message: self._found(task.path(key), order.RULE, message)

    def _found(self, path: KeyPath, rule: str, message: str) -> None:
        if len(self._result.findings) < limits.PROBLEMS:
            self._result.findings.append(Finding(path, rule, message))


def _not_a_task(key: str, value: Any) -> str:
    found = "nothing; write '{}' for an empty group" if value is None else shown(value)
    return f"Parameter {shown(key)} must be an object or array of objects, found {found}"
