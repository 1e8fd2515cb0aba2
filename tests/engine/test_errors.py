"""Errors carry their message and their data."""

from __future__ import annotations

import pytest

from engine import errors


def test_the_docstring_is_the_default_message():
    assert str(errors.NotFound()) == "Resource does not exist."
    assert str(errors.NotFound("project id=1")) == "project id=1"


def test_an_existing_attempt_is_named():
    error = errors.AttemptExists(31)

    assert error.attempt_id == 31
    assert "31" in str(error)


def test_problems_of_a_project_stand_line_by_line():
    error = errors.InvalidProject(["a.dig:1:1: no", "b.dig:2:3: neither"])

    assert error.problems == ["a.dig:1:1: no", "b.dig:2:3: neither"]
    assert str(error) == "Validating project failed\n  a.dig:1:1: no\n  b.dig:2:3: neither"


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    ],
)
def test_all_are_errors_of_the_engine_and_say_something(kind):
    assert issubclass(kind, errors.EngineError)
    assert kind.__doc__
