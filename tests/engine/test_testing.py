import pytest

from engine.operators.api import TryLater
from engine.outcome import Later
from engine.testing import TestProject
from tests.support.scripted import raises


def test_a_task_as_it_stands_in_a_file(tmp_path):
    project = TestProject(tmp_path, {"tool": "#!/bin/sh\necho tool $1", "data": b"\x00"})
    ran = project.run({"sh>": "./tool ${word}; cat $FILE | wc -c", "_export": {"word": "w"}},
                      params={"FILE": "data"})  # fmt: skip
    assert ran.result.store == {}
    assert ran.log.endswith("tool w\n1\n")


def test_endings(tmp_path):
    project = TestProject(tmp_path, operators=[raises(TryLater(5, {"job": 1}))])
    assert project.run({"scripted>": None}).later == Later(5, {"job": 1})
    assert project.run({"fail>": "boom"}).error == "boom"
    with pytest.raises(AssertionError, match="boom"):
        assert project.run({"fail>": "boom"}).result
    with pytest.raises(AssertionError):
        assert project.run({"echo>": "x"}).error
    with pytest.raises(AssertionError):
        assert project.run({"echo>": "x"}).later


def test_own_operators_come_before_those_built_in(tmp_path):
    mine = raises(TryLater(1, {}))
    mine.name = "echo"
    assert TestProject(tmp_path, operators=[mine]).run({"echo>": "x"}).later.seconds == 1
