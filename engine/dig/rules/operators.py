"""`operators`: the word before ">" must be an operator that this server has (operators.md §1).

Digdag finds out when the task runs. An operator of Digdag's that this version lacks is said to be
missing; any other word is unknown.

Wrong:

    +greet:
      ecoh>: hello

Right:

    +greet:
      echo>: hello
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.dig.catalog import DIGDAG_OPERATORS, Catalog
from engine.dig.problem import Finding, shown
from engine.dig.suggest import did_you_mean
from engine.dig.written import Written

RULE = "operators"


def check(task: Written, catalog: Catalog) -> Iterator[Finding]:
    name = task.operator
    if name is None or name in catalog:
        return
    yield Finding(task.path(str(task.operator_key)), RULE, _message(name, catalog))


def _message(name: str, catalog: Catalog) -> str:
    operator = shown(f"{name}>")
    if name in DIGDAG_OPERATORS:
        return f"This version of digbot does not have the operator {operator} yet"
    known = [f"{word}>" for word in catalog.operators]
    if near := did_you_mean(f"{name}>", known):
        return f"Unknown operator {operator}{near}"
    return f"Unknown operator {operator}; known are {', '.join(sorted(known)) or 'none'}"
