"""Secrets of local runs: td's own configuration, then the settings, then files (cli.md §4)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from bot.client.config import folders
from engine.errors import ConfigError
from engine.secrets import valid_key

SETTING = "secrets."
_TD_KEYS = {
    ("account", "apikey"): "td.apikey",
    ("account", "endpoint"): "td.endpoint",
    ("account", "usessl"): "td.use_ssl",
}
_SECTION = re.compile(r"\[\s*([\w.-]+)\s*\]")


class LocalSecrets:
    """Called as `engine.secrets.SecretLookup`; they hold for every project of the user."""

    def __init__(
        self, settings: Mapping[str, str], environ: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings
        self._environ = os.environ if environ is None else environ

    def __call__(self, project_id: int, key: str) -> str | None:
        del project_id
        if key.startswith("td."):
            found = self._of_td().get(key)
            if found is not None:
                return found
        if SETTING + key in self._settings:
            return self._settings[SETTING + key]
        return self._of_file(key)

    def _of_td(self) -> dict[str, str]:
        chosen = self._environ.get("TREASURE_DATA_CONFIG_PATH") or self._environ.get(
            "TD_CONFIG_PATH"
        )
        path = Path(chosen) if chosen else Path.home() / ".td" / "td.conf"
        return read_td(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def _of_file(self, key: str) -> str | None:
        """One final line end is dropped: editors and `echo` add it."""
        if not valid_key(key):
            return None
        for folder in folders(self._environ):
            path = folder / "secrets" / key
            if path.is_file():
                return _read(path).removesuffix("\n").removesuffix("\r")
        return None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ConfigError(f"The secret in {path} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"Cannot read the secret in {path}: {error.strerror}") from None


def read_td(text: str) -> dict[str, str]:
    """The td command's file: sections of `key = value`."""
    found: dict[str, str] = {}
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        heading = _SECTION.fullmatch(line)
        if heading:
            section = heading[1].lower()
            continue
        key, separator, value = line.partition("=")
        name = _TD_KEYS.get((section, key.strip().lower()))
        if separator and name and not line.startswith("#"):
            found[name] = value.strip()
    return found
