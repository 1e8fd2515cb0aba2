"""`calls`: the file that `call>` names is there (language.md §22.6).

Only a name without `${...}` can be checked; the file itself is then checked like a workflow.

Wrong:

    +sub:
      call>: no_such_file

Right:

    +sub:
      call>: ${file_name}
"""

from __future__ import annotations

import posixpath

from engine.dig.problem import shown
from engine.dig.source import inside
from engine.dig.written import Written, templated
from engine.errors import ConfigError

RULE = "calls"
SUFFIX = ".dig"


def called_path(command: str, folder: str = "") -> str:
    """The project path of the file that `call>: command` names, seen from a working directory.

    Raises `ConfigError` when it leaves the project.
    """
    name = command if command.endswith(SUFFIX) else command + SUFFIX
    path = inside("", posixpath.join(folder, name))
    if path is None:
        raise ConfigError(f"File name must not be outside of the project: {shown(command)}")
    return path


def target(task: Written) -> str | None:
    """The text of a `call>` that can be followed before it runs."""
    if task.operator != "call":
        return None
    command = task.command
    return command if isinstance(command, str) and not templated(command) else None
