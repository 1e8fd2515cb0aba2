"""The YAML files of a project, each read once, with what they include (language.md §3)."""

from __future__ import annotations

from engine.dig import limits
from engine.dig.problem import Problem, Severity, shown
from engine.dig.source import Files
from engine.dig.yaml import Document, compose, empty_document
from engine.workflow import Position


class Loader:
    """Reads files on demand; `problems` grows while it does, `documents` keeps what was read."""

    def __init__(self, files: Files) -> None:
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self.includes: set[str] = set()
        self._files = files
        self._open: list[str] = []
        self._nodes = 0

    def load(self, path: str, wanted_by: Position | None = None, depth: int = 0) -> Document:
        """The document of a file; `broken` when it, or what it includes, has a problem.

        `wanted_by` is the directive that includes it; a file that cannot be read is its problem.
        `depth` is how deep the directive is nested.
        """
        if wanted_by:
            self.includes.add(path)
        if path in self.documents:
            return self.documents[path]
        if message := self._refusal(path):
            return self._missing(path, message, wanted_by)
        try:
            data = self._files.read(path)
        except OSError as error:
            return self._missing(path, _unreadable(path, error), wanted_by)
        self._open.append(path)
        try:
            self.documents[path] = document = compose(path, data, self, depth)
        finally:
            self._open.pop()
        self._nodes += document.nodes
        return document

    def report(self, rule: str, message: str, position: Position) -> None:
        if len(self.problems) < limits.PROBLEMS:
            self.problems.append(Problem(rule, Severity.ERROR, message, position))

    def _refusal(self, path: str) -> str | None:
        if path in self._open:
            chain = " → ".join([*self._open[self._open.index(path) :], path])
            return f"A file cannot include itself: {chain}"
        if len(self._open) > limits.INCLUDE_DEPTH:
            return f"More than {limits.INCLUDE_DEPTH} files include each other in a chain"
        if self._nodes > limits.PROJECT_NODES:
            return f"The files of this project hold more than {limits.PROJECT_NODES} values"
        return None

    def _missing(self, path: str, message: str, wanted_by: Position | None) -> Document:
        rule = "include" if wanted_by else "yaml"
        self.report(rule, message, wanted_by or Position(path, 1, 1))
        return empty_document(path)


def read(data: bytes, file: str, files: Files) -> tuple[Document, list[Problem]]:
    """One YAML text that is no workflow, such as `digbot.yml`, by the same rules."""
    loader = Loader(files)
    return compose(file, data, loader), loader.problems


def _unreadable(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        reason = str(error) if error.errno is None and str(error) != path else "does not exist"
        return f"The file {shown(path)} {reason.removeprefix(path).strip()}"
    if isinstance(error, IsADirectoryError):
        return f"{shown(path)} is a folder; a file is expected"
    return f"The file {shown(path)} cannot be read: {error.strerror or error}"
