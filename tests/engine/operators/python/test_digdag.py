"""`digdag` as a unit test of somebody's functions imports it."""

import importlib.util
from pathlib import Path

import pytest

import engine.operators


@pytest.fixture
def digdag():
    path = Path(engine.operators.__file__).parent / "python" / "digdag.py"
    spec = importlib.util.spec_from_file_location("digdag", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_functions_can_be_tested_without_a_server(digdag):
    digdag.env = digdag.Env({"n": 1})
    digdag.env.store({"a": 1}, b=digdag.env.params["n"])
    digdag.env.export(c=3)
    assert digdag.env.store_params == {"a": 1, "b": 1}
    assert digdag.env.export_params == {"c": 3}


def test_it_can_be_used_as_it_is_imported(digdag):
    assert digdag.env.params == {}
    digdag.env.add_subtask({"echo>": "x"})
    digdag.env.add_subtask(Path.cwd)
    assert digdag.env.subtask_config == {
        "+subtask0": {"echo>": "x"},
        "+subtask1": {"py>": "pathlib.Path.cwd"},
    }


@pytest.mark.parametrize("value", [object(), {1, 2}, float("inf")])
def test_values_that_are_no_json_are_refused_at_once(digdag, value):
    for add in (digdag.env.store, digdag.env.export, digdag.env.add_subtask):
        with pytest.raises(TypeError, match="Parameters must be serializable using JSON"):
            add(value=value)
