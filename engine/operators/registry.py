"""Which operators there are: one readable dictionary, then entry points for what it lacks."""

from __future__ import annotations

import importlib
import threading

from engine.dig.catalog import Catalog
from engine.operators.api import Operator

GROUP = "digbot.operators"  # of entry points: name = the word before ">", value = a factory
ANY = "*"  # the name of an option that stands for every parameter

BUILT_IN = {
    "call": "engine.operators.call:Call",
    "echo": "engine.operators.echo:Echo",
    "fail": "engine.operators.fail:Fail",
    "notify": "engine.operators.notify:Notify",
    "py": "engine.operators.py:Py",
    "sh": "engine.operators.sh:Sh",
}

_lock = threading.Lock()
_made: dict[str, Operator | None] = {}


def find(name: str) -> Operator | None:
    """The operator of that name, one object for all tasks; None when nobody knows it."""
    if name not in _made:
        with _lock:
            if name not in _made:
                _made[name] = _make(name)
    return _made[name]


def _make(name: str) -> Operator | None:
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        made: Operator = getattr(importlib.import_module(module), attribute)()
        return made
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP, name=name):
        plugin: Operator = entry.load()()
        return plugin
    return None


def names() -> list[str]:
    """Every operator that can be found, built in or installed."""
    from importlib.metadata import entry_points

    return sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})


def catalog() -> Catalog:
    """What the rules of the language know of the operators that are built in."""
    found = {name: find(name) for name in BUILT_IN}
    return Catalog({name: made.options for name, made in found.items() if made is not None})
