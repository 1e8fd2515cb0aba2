"""What a `py>` task imports as `digdag`: parameters in, stores, exports and subtasks out.

In a task the runner fills `env`. In a unit test of your own functions put this module's folder on
the path, set `digdag.env = digdag.Env({"name": "value"})`, call the function, and look at
`digdag.env.store_params`. It needs nothing but the standard library, from Python 3.6 on.
"""

import json


class Env:
    """The one object of a task, `digdag.env`."""

    def __init__(self, params=None):
        self.params = {} if params is None else params
        self.subtask_config = {}
        self.export_params = {}
        self.store_params = {}
        self.state_params = {}
        self._subtasks = 0

    def store(self, params=None, **keywords):
        """Add to the parameters of all tasks that follow."""
        self.store_params.update(_checked(dict(params or {}, **keywords)))

    def export(self, params=None, **keywords):
        """Add to the parameters of the subtasks made here."""
        self.export_params.update(_checked(dict(params or {}, **keywords)))

    def set_state(self, params=None, **keywords):
        """Accepted for old tasks; it has no effect, as in Digdag."""
        self.state_params.update(params or {}, **keywords)

    def add_subtask(self, task=None, **params):
        """Run a function, or the body of a task, after this task: `+subtask0`, `+subtask1` …"""
        if task is None or isinstance(task, dict):
            config = dict(task or {}, **params)
        else:
            config = dict(params)
            config["py>"] = task.__module__ + "." + task.__qualname__
        self.subtask_config["+subtask" + str(self._subtasks)] = _checked(config)
        self._subtasks += 1


def _checked(params):
    """The same parameters. Raises TypeError for values that could not be written as JSON."""
    try:
        json.dumps(params, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError("Parameters must be serializable using JSON: " + str(error)) from None
    return params


env = Env()
