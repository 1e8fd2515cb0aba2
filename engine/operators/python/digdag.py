"""What a `py>` task imports as `digdag`: parameters in, stores, exports and subtasks out.

In a task the runner fills `env`. In a unit test of your own functions put this module's folder on
the path, set `digdag.env = digdag.Env({"name": "value"})`, call the function, and look at
`digdag.env.store_params`. It needs nothing but the standard library, from Python 3.7 on.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False  # importing typing for it would cost each task a millisecond
if TYPE_CHECKING:
    from typing import Any

    Params = dict[str, Any]


class Env:
    """The one object of a task, `digdag.env`."""

    def __init__(self, params: Params | None = None) -> None:
        self.params: Params = {} if params is None else params
        self.subtask_config: Params = {}
        self.export_params: Params = {}
        self.store_params: Params = {}
        self.state_params: Params = {}
        self._subtasks = 0

    def store(self, params: Params | None = None, **keywords: Any) -> None:
        """Add to the parameters of all tasks that follow."""
        self.store_params.update(checked(dict(params or {}, **keywords)))

    def export(self, params: Params | None = None, **keywords: Any) -> None:
        """Add to the parameters of the subtasks made here."""
        self.export_params.update(checked(dict(params or {}, **keywords)))

    def set_state(self, params: Params | None = None, **keywords: Any) -> None:
        """Accepted for old tasks; it has no effect, as in Digdag."""
        self.state_params.update(params or {}, **keywords)

    def add_subtask(self, task: Any = None, **params: Any) -> None:
        """Run a function, or the body of a task, after this task: `+subtask0`, `+subtask1` …"""
        if task is None or isinstance(task, dict):
            config = dict(task or {}, **params)
        else:
            config = dict(params)
            config["py>"] = task.__module__ + "." + task.__qualname__
        self.subtask_config["+subtask" + str(self._subtasks)] = checked(config)
        self._subtasks += 1


def checked(params: Params) -> Params:
    """The same parameters. Raises TypeError for values that could not be written as JSON."""
    try:
        json.dumps(params, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError("Parameters must be serializable using JSON: " + str(error)) from None
    return params


env = Env()
