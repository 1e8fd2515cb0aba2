"""rules/calls.py: the file that `call>` names."""

from typing import Any

import pytest

from engine.dig.rules.calls import called_path, target
from engine.dig.written import written
from engine.errors import ConfigError


@pytest.mark.parametrize(
    ("folder", "command", "path"),
    [
        ("", "a", "a.dig"),
        ("", "./sub/a.dig", "sub/a.dig"),
        ("sub", "a", "sub/a.dig"),
        ("sub", "../a", "a.dig"),
        ("sub/deep", "../../a.dig", "a.dig"),
    ],
)
def test_names_are_seen_from_the_working_directory(folder: str, command: str, path: str) -> None:
    assert called_path(command, folder) == path


@pytest.mark.parametrize(("folder", "command"), [("", "../a"), ("sub", "../../a"), ("", "/a")])
def test_a_name_must_stay_inside_of_the_project(folder: str, command: str) -> None:
    with pytest.raises(ConfigError, match="must not be outside"):
        called_path(command, folder)


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ({"call>": "a"}, "a"),
        ({"_type": "call", "_command": "a"}, "a"),
        ({"call>": "${a}"}, None),
        ({"call>": ["a"]}, None),
        ({"sh>": "a"}, None),
    ],
)
def test_only_fixed_names_can_be_followed(own: dict[str, Any], name: str | None) -> None:
    operators = tuple(key for key in own if key.endswith(">"))
    assert target(written("+wf+a", "+a", own, (((), own),), operators)) == name
