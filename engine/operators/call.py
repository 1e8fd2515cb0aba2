"""`call>: FILE` runs the tasks of another file as tasks of this one (operators.md §4)."""

from __future__ import annotations

import posixpath
from typing import ClassVar

from engine.operators.api import Context, Option, TaskRequest, TaskResult
from engine.operators.common import command_text
from engine.params import Params

_WORKDIR = "_workdir"


class Call:
    name: ClassVar[str] = "call"
    options: ClassVar[tuple[Option, ...]] = ()

    def run(self, request: TaskRequest, context: Context) -> TaskResult:
        path, definition = context.load_workflow(command_text(request))
        return TaskResult(subtask=_placed(definition, posixpath.dirname(path), request.params))


def _placed(definition: Params, folder: str, params: Params) -> Params:
    """The definition, exporting the folder in which its tasks run.

    A file at the top of the project runs there, also when it is called from a folder
    (language.md §23.2, 19).
    """
    export = definition.get("_export") or {}
    below = export.get(_WORKDIR)
    place = posixpath.join(folder, below) if isinstance(below, str) else folder
    if not place and not params.get(_WORKDIR):
        return definition
    return {**definition, "_export": {**export, _WORKDIR: place}}
