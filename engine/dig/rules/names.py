"""`names`: what workflows and tasks may be called (language.md §1, §6; decisions.md).

Letters of every language, digits and `_ - = [ ] { } % & @ , . ^` and the backtick. Digdag knows
only the letters of ASCII; other ones get a `portability` warning.

Wrong:

    +load users:
      echo>: x

Right:

    +load_users:
      echo>: x
"""

from __future__ import annotations

import re
import unicodedata

from engine.dig import limits
from engine.dig.problem import shown

RULE = "names"

_TASK = re.compile(r"\+[A-Za-z0-9_\-=\[\]{}%&@`,.^]*")
_ALLOWED = frozenset("_-=[]{}%&@`,.^")
_FIRST_REFUSED = frozenset('+^@/\\:*?"<>|')
_DIGITS = frozenset("0123456789")


def task_name(key: str, *, at_top: bool) -> str | None:
    """What is wrong with the key of a task, which begins with "+"; None when nothing is."""
    if at_top and "^" in key:
        return f"The task name {shown(key)} must not contain ^ at the top level of a file"
    if len(key) > limits.NAME_LENGTH:
        return f"The task name {shown(key)} must not be longer than {limits.NAME_LENGTH} characters"
    if _TASK.fullmatch(key):
        return None
    return _refused_character("task", key, key[1:])


def workflow_name(name: str) -> str | None:
    """What is wrong with the name of a workflow (its file without `.dig`)."""
    if not name.strip():
        return "The workflow name must not be blank"
    if name[0] in _DIGITS:
        return f"The workflow name {shown(name)} must not start with a numeric digit (0-9)"
    if name[0] in _FIRST_REFUSED:
        return f"The workflow name {shown(name)} must not start with {shown(name[0])}"
    if name.endswith(".dig"):
        return f"The workflow name {shown(name)} must not end with .dig"
    if len(name) >= limits.NAME_LENGTH:  # the root task is called "+" and the name
        longest = limits.NAME_LENGTH - 1
        return f"The workflow name {shown(name)} must not be longer than {longest} characters"
    return _refused_character("workflow", name, name)


def _refused_character(kind: str, name: str, checked: str) -> str | None:
    for char in checked:
        if char not in _ALLOWED and unicodedata.category(char)[0] not in "LMN":
            return (
                f"The {kind} name {shown(name)} must not contain character {shown(char)}:"
                " letters, digits and _ - = [ ] { } % & @ , . are allowed"
            )
    return None
