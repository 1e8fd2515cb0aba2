"""syntax.py: what YAML's parser says, in words for people."""

import pytest

from engine.dig.syntax import explain, unknown_tag


@pytest.mark.parametrize(
    ("problem", "context", "began", "found", "message", "at_beginning"),
    [
        ("found unexpected end of stream", "", '"never', "", "A quote is opened", True),
        ("could not find expected ':'", "", "!include: x", "y: 1", "write a blank before", True),
        ("did not find expected alphabetic", "while scanning an alias", "*x", "", "with '*'", True),
        ("found character that cannot start any token", "", "", "\tx", "A tab stands", False),
        ("found character that cannot start any token", "", "", "@x", "with '@'", False),
        ("mapping values are not allowed in this context", "", "", ": y", "': ' inside", False),
        ("did not find expected ',' or '}'", "", "{", "x", "closing bracket", False),
    ],
)
def test_a_better_message(
    problem: str, context: str, began: str, found: str, message: str, at_beginning: bool
) -> None:
    text, place = explain(problem, context, began, found)
    assert text
    assert message in text
    assert place is at_beginning


def test_no_better_message() -> None:
    assert explain("found a new kind of mistake", "", "", "") == (None, False)


def test_tags() -> None:
    assert "!!python/object" in unknown_tag("tag:yaml.org,2002:python/object")
    assert "'!include : file.dig'" in unknown_tag("!include:")
    assert "'!include : file.dig'" in unknown_tag("!include")
