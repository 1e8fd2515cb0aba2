"""A set of files → named workflows, and everything that is wrong with them (language.md §1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.dig import limits
from engine.dig.catalog import Catalog
from engine.dig.checks import check_tasks, check_top, follow_calls
from engine.dig.compiler import EXPORT, Compilation, analyse
from engine.dig.definition import Definition, read_definition
from engine.dig.loader import Loader
from engine.dig.problem import Finding, Problem, Severity
from engine.dig.rules import names, schedule, trigger
from engine.dig.rules.calls import SUFFIX, called_path
from engine.dig.source import Files, Spot, locate, visible_paths
from engine.dig.yaml import Document
from engine.errors import ConfigError
from engine.params import Params
from engine.workflow import CompiledTask, Position

__all__ = ["LoadedProject", "Workflow", "called_path", "load", "load_called"]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow without errors. `config` is what is stored and shown (rest-api.md §4)."""

    name: str
    file: str
    timezone: str
    config: Params
    tasks: tuple[CompiledTask, ...]
    spot: Spot = field(repr=False, compare=False)

    def position(self, *path: str | int, value: bool = False) -> Position:
        """The place of a key of `config` (or of its value), in whichever file it is written."""
        return locate(self.spot, path, value=value)


@dataclass(frozen=True, slots=True)
class LoadedProject:
    """What a project's files say. With errors it must not be deployed, whole as it is."""

    workflows: dict[str, Workflow]
    problems: tuple[Problem, ...]  # sorted by place
    includes: frozenset[str]  # files reached by `!include`
    parsed: dict[str, Any]  # content of every `.dig` and included file that can be read

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_error)

    @property
    def schedules(self) -> dict[str, Params]:
        """`schedule:` by the workflow's name."""
        return {
            name: workflow.config["schedule"]
            for name, workflow in self.workflows.items()
            if "schedule" in workflow.config
        }

    @property
    def triggers(self) -> dict[str, tuple[str, str]]:
        """(project, workflow) waited for, by the waiting workflow's name."""
        return {
            name: trigger.upstream(workflow.config["trigger"])
            for name, workflow in self.workflows.items()
            if "trigger" in workflow.config
        }


def load(files: Files, *, catalog: Catalog, strict: bool = True) -> LoadedProject:
    """Read and check a whole project. Never raises for what users write.

    `strict` is for checks and git deploys: also an error is what is certain to fail when it runs.
    Without it, what a Digdag server accepts is accepted (decisions.md, "What is refused, where").
    """
    return _Reader(files, catalog, strict=strict).read()


def load_called(files: Files, path: str) -> Params:
    """The definition in a file that `call>` names, a project path; `.dig` may be missing.

    `timezone`, `schedule`, `sla` and `trigger` have no effect there and are left out. Raises
    `ConfigError` with all that is wrong with the file.
    """
    path = called_path(path)
    loader = Loader(files)
    document = loader.load(path)
    if path not in loader.documents:
        raise ConfigError(f"File not found: {path}")
    problems = loader.problems
    if not problems:
        definition, compilation = _compiled(_name_of(path), document)
        found = [*definition.findings, *compilation.findings]
        problems = [_problem(document, finding) for finding in found]
    if problems:
        raise ConfigError("\n".join(str(problem) for problem in sorted(problems)))
    idle = ("schedule", "sla", "trigger")
    return {key: value for key, value in definition.config.items() if key not in idle}


def _compiled(name: str, document: Document) -> tuple[Definition, Compilation]:
    definition = read_definition(name, document.value)
    return definition, analyse(f"+{name}", definition.config, top=True)


class _Reader:
    def __init__(self, files: Files, catalog: Catalog, *, strict: bool) -> None:
        self._loader = Loader(files)
        self._paths = visible_paths(files)
        self._catalog = catalog
        self._strict = strict
        self._problems: list[Problem] = []
        self._workflows: dict[str, Workflow] = {}
        self._called: set[str] = set()

    def read(self) -> LoadedProject:
        dig_files = [path for path in self._paths if path.endswith(SUFFIX)]
        top = [path for path in dig_files if "/" not in path]
        self._called.update(top)
        for path in top:
            self._read_workflow(path)
        self._problems.extend(self._loader.problems)
        self._read_others(path for path in dig_files if "/" in path)
        documents = self._loader.documents
        return LoadedProject(
            workflows=self._workflows,
            problems=tuple(sorted(set(self._problems)))[: limits.PROBLEMS],
            includes=frozenset(self._loader.includes & documents.keys()),
            parsed={path: it.value for path, it in documents.items() if not it.broken},
        )

    def _read_workflow(self, path: str) -> None:
        document = self._loader.load(path)
        name = _name_of(path)
        findings = []
        if message := names.workflow_name(name):
            findings.append(Finding((), names.RULE, message))
        if document.broken:
            self._note(document, findings)
            return
        definition, compilation = _compiled(name, document)
        findings.extend((*definition.findings, *self._accepted(compilation.findings)))
        config = definition.config
        if "schedule" in config:
            findings.extend(schedule.check(config["schedule"], definition.timezone))
        if "trigger" in config:
            findings.extend(trigger.check(config["trigger"]))
        if self._strict:
            bad = {finding.path[0] for finding in findings if finding.path}
            good = {key: value for key, value in config.items() if key not in bad}
            findings.extend(check_top(name, good, self._catalog))
            self._check_tasks(document, compilation, findings)
        self._note(document, findings)
        if not any(finding.severity is Severity.ERROR for finding in findings):
            tasks = tuple(compilation.tasks)
            self._workflows[name] = Workflow(
                name, path, definition.timezone, config, tasks, document.spot
            )

    def _check_tasks(
        self, document: Document, compilation: Compilation, findings: list[Finding]
    ) -> None:
        findings.extend(check_tasks(compilation, self._catalog))
        folder = document.file.rpartition("/")[0]
        for path, finding in follow_calls(compilation, folder, self._paths):
            if finding:
                findings.append(finding)
            elif path not in self._called:
                self._called.add(path)
                self._read_called(path)

    def _read_called(self, path: str) -> None:
        """A file that `call>` names: checked like a workflow, but for what has no effect there."""
        document = self._loader.load(path)
        if document.broken:
            return
        definition, compilation = _compiled(_name_of(path), document)
        findings = [*definition.findings, *compilation.findings]
        self._check_tasks(document, compilation, findings)
        self._note(document, findings)

    def _read_others(self, paths: Iterable[str]) -> None:
        """Files nobody is known to use: they count as content, and their mistakes as warnings."""
        loader = self._loader
        for path in paths:
            if path not in loader.documents:
                loader.problems = []
                loader.load(path)
                if self._strict:
                    self._problems.extend(_as_warning(problem) for problem in loader.problems)

    def _accepted(self, findings: list[Finding]) -> list[Finding]:
        """A Digdag server takes an upload whose `_export` fails when it runs."""
        return findings if self._strict else [it for it in findings if it.rule != EXPORT]

    def _note(self, document: Document, findings: list[Finding]) -> None:
        self._problems.extend(_problem(document, finding) for finding in findings)


def _name_of(path: str) -> str:
    return path.removesuffix(SUFFIX)


def _problem(document: Document, finding: Finding) -> Problem:
    position = locate(document.spot, finding.path, value=finding.on_value)
    return Problem(finding.rule, finding.severity, finding.message, position)


def _as_warning(problem: Problem) -> Problem:
    return Problem(problem.rule, Severity.WARNING, problem.message, problem.position)
