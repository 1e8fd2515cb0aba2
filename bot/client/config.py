"""Where settings come from (cli.md §3): Java properties, later sources win.

1. the default files, only without `--config`: Digdag's, then digbot's own over it;
2. the text in the environment variable `DIGDAG_CONFIG`, then `DIGBOT_CONFIG`;
3. `-X key=value`;  4. the file of `--config`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import ConfigError

Settings = dict[str, str]

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def load(
    path: str | None, overrides: Iterable[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """All settings. Raises `ConfigError` when the file of `--config` cannot be read."""
    env = os.environ if environ is None else environ
    settings: Settings = {}
    if path is None:
        for folder in reversed(folders(env)):
            settings.update(_read_if_there(folder / "config"))
    for variable in ("DIGDAG_CONFIG", "DIGBOT_CONFIG"):
        settings.update(parse(env.get(variable, "")))
    settings.update(_override(text) for text in overrides)
    if path is not None:
        settings.update(_read(Path(path)))
    return settings


def folders(environ: Mapping[str, str]) -> list[Path]:
    """The folders of a user's configuration and local secrets, the first one first."""
    base = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return [
        Path(environ.get("DIGBOT_CONFIG_HOME") or base / "digbot"),
        Path(environ.get("DIGDAG_CONFIG_HOME") or base / "digdag"),
    ]


def _read_if_there(path: Path) -> Settings:
    return _read(path) if path.is_file() else {}


def _read(path: Path) -> Settings:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"Cannot read the configuration {path}: it is not UTF-8") from None


def _override(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ConfigError(f"Option -X expected a value of the form key=value but got: {text}")
    return key, value


def parse(text: str) -> Settings:
    """Java properties: `key = value`, `key: value`, `key value`; # and ! begin comments."""
    settings: Settings = {}
    for line in _logical_lines(text):
        key, value = _split(line)
        settings[_unescape(key)] = _unescape(value)
    return settings


def _logical_lines(text: str) -> Iterable[str]:
    """Lines with their continuations joined; blank lines and comments left out."""
    held = ""
    for raw in text.splitlines():
        line = raw.lstrip(" \t\f")
        if not held and (not line or line[0] in "#!"):
            continue
        line = held + line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            held = line[:-1]
            continue
        held = ""
        yield line
    if held:
        yield held


def _split(line: str) -> tuple[str, str]:
    """The key ends at the first unescaped `=`, `:` or blank."""
    end = 0
    while end < len(line) and line[end] not in "=: \t\f":
        end += 2 if line[end] == "\\" else 1
    rest = line[end:].lstrip(" \t\f")
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(" \t\f")
    return line[:end], rest


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char != "\\" or at + 1 == len(text):
            out.append(char)
            at += 1
            continue
        mark = text[at + 1]
        if mark == "u":
            out.append(_unicode(text[at + 2 : at + 6]))
            at += 6
            continue
        out.append(_ESCAPES.get(mark, mark))
        at += 2
    return "".join(out)


def _unicode(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except ValueError:
        raise ConfigError(f"A configuration has the malformed escape \\u{digits}") from None
