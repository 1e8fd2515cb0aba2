"""The engine's settings, typed, from Digdag's configuration keys (rest-api.md §14)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from engine.errors import ConfigError
from engine.model import Params


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults are decisions.md's where they differ from Digdag's."""

    attempt_limit: int = 1_000  # attempts that are not done
    task_limit: int = 10_000  # tasks of one attempt
    max_task_threads: int = 0  # commands at once, 0 for no limit
    upload_limit: int = 2 * 1024 * 1024  # bytes: the archive, each file, and all files together
    scheduler_enabled: bool = True  # starts what is due
    secret_key: str | None = None  # base64 of 16 bytes; by default one is made in the data folder
    default_params: Params = field(default_factory=dict)

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> Settings:
        """Read Digdag's keys; unknown ones are other parts' business. Raises `ConfigError`."""
        for key in _ALWAYS:
            if not _boolean(key, config.get(key, "true")):
                raise ConfigError(f"{key}: each server drives its attempts and runs their tasks")
        known = {
            _KEYS[key]: _READ[_KEYS[key]](key, value)
            for key, value in config.items()
            if key in _KEYS
        }
        return cls(**known)


_KEYS = {
    "executor.attempt_max_run": "attempt_limit",
    "executor.task_max_run": "task_limit",
    "agent.max-task-threads": "max_task_threads",
    "api.max_archive_total_size_limit": "upload_limit",
    "schedule.enabled": "scheduler_enabled",
    "digdag.defaultParams": "default_params",
    "digdag.secret-encryption-key": "secret_key",
}


# Roles that Digdag spreads over servers, and that are one here.
_ALWAYS = ("agent.enabled", "server.executor.enabled")


def _integer(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{key}: expected a whole number but got '{text}'") from None


def _boolean(key: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ConfigError(f"{key}: expected true or false but got '{text}'")
    return word == "true"


def _text(key: str, text: str) -> str:
    del key
    return text


def _mapping(key: str, text: str) -> Params:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{key}: expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{key}: expected a JSON object but got {text}")
    return value


_BY_TYPE: dict[str, Callable[[str, str], Any]] = {
    "int": _integer,
    "bool": _boolean,
    "Params": _mapping,
    "str | None": _text,
}
_READ = {f.name: _BY_TYPE[str(f.type)] for f in fields(Settings)}
