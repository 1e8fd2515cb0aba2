"""`reserved`: `_retry`, `_env` and `_secrets` have a shape that can be used (language.md §7).

On an operator's task a wrong one is certain to fail it. A group goes on without its `_retry`.

Wrong:

    +fetch:
      sh>: ./fetch
      _retry: often

Right:

    +fetch:
      sh>: ./fetch
      _retry: {limit: 3, interval: 10}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.dig.problem import Finding, Severity, shown
from engine.dig.written import Written, templated
from engine.errors import ConfigError
from engine.retry import RetryControl

RULE = "reserved"

_ENV_NAME = re.compile(r"[a-zA-Z_][a-zA-Z_0-9]*", re.ASCII)


def check(task: Written) -> Iterator[Finding]:
    own = task.own
    if "_retry" in own:
        yield from _check_retry(task, own["_retry"])
    if "_env" in own and not task.is_group:
        yield from _check_env(task, own["_env"])
    if "_secrets" in own and not task.is_group:
        yield from _check_secrets(task, own["_secrets"])


def _check_retry(task: Written, value: Any) -> Iterator[Finding]:
    if templated(value):
        return
    if isinstance(value, dict):  # what an expression will give counts as right
        limit = {"limit": 0} if templated(value.get("limit")) else {}
        value = {key: item for key, item in value.items() if not templated(item)} | limit
    try:
        RetryControl.from_config(value)
    except ConfigError as error:
        severity = Severity.WARNING if task.is_group else Severity.ERROR
        message = f"{error}{'; the group is not tried again' if task.is_group else ''}"
        yield Finding(task.path("_retry"), RULE, message, severity, on_value=True)


def _check_env(task: Written, value: Any) -> Iterator[Finding]:
    if not isinstance(value, dict):
        if value is not None and not templated(value):
            message = f"'_env' takes a mapping of names to texts, found {shown(value)}"
            yield Finding(task.path("_env"), RULE, message, on_value=True)
        return
    for name, text in value.items():
        if not _ENV_NAME.fullmatch(name):
            message = f"Invalid _env key name: {shown(name)}; letters, digits and _ are allowed"
            yield Finding(task.path("_env", name), RULE, message)
        if isinstance(text, dict | list):
            message = f"A variable of '_env' is a text, found {shown(text)}"
            yield Finding(task.path("_env", name), RULE, message, on_value=True)


def _check_secrets(task: Written, value: Any, *keys: str) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _check_secrets(task, item, *keys, key)
    elif value is not True and not isinstance(value, str) and value is not None:
        message = f"Illegal value in _secrets: {shown(value)}; expected the name of a secret"
        yield Finding(task.path("_secrets", *keys), RULE, message, on_value=True)
