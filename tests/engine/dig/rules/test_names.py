"""rules/names.py: language.md §1.4 and §6, L-20."""

import pytest

from engine.dig.rules.names import task_name, workflow_name


@pytest.mark.parametrize(
    "key", ["+a.b-c=[1]", "+", "+1", "+a{b}%&@`,^", "+日次", "+é", "+" + "x" * 254]
)
def test_names_that_are_right(key: str) -> None:
    assert task_name(key, at_top=False) is None


@pytest.mark.parametrize("char", "+ /:*?\"<>|!#$'();~\\\n😀")
def test_characters_that_are_refused(char: str) -> None:
    message = task_name(f"+a{char}b", at_top=False)
    assert message
    assert "must not contain character" in message
    assert workflow_name(f"a{char}b")


def test_a_caret_is_for_generated_tasks() -> None:
    assert task_name("+a^b", at_top=False) is None
    assert task_name("+a^b", at_top=True)


def test_length() -> None:
    assert task_name("+" + "x" * 255, at_top=False)
    assert workflow_name("x" * 254) is None
    assert workflow_name("x" * 255)


@pytest.mark.parametrize(
    "name", ["", " ", "1a", "x.dig", *(f"{char}a" for char in '+^@/\\:*?"<>|')]
)
def test_workflow_names_that_are_refused(name: str) -> None:
    assert workflow_name(name)


@pytest.mark.parametrize("name", ["a", "_1", "a^b", "a.b", "[x]", "日次"])
def test_workflow_names_that_are_right(name: str) -> None:
    assert workflow_name(name) is None
