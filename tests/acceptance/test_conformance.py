"""Scenarios recorded from a real Digdag server, run against ours (tests/conformance/README.md).

A scenario that uses an operator of Digdag which this version does not have is skipped, and says
which. That is computed from the scenario's files: a new operator brings its scenarios in by itself.
"""

from __future__ import annotations

import importlib.util
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.dig.catalog import DIGDAG_OPERATORS as DIGDAG
from engine.operators.registry import catalog
from tests.support.server import Server

FOLDER = Path(__file__).parents[1] / "conformance"
SCENARIOS = FOLDER / "scenarios"


def conform() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conform", FOLDER / "conform.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CONFORM = conform()


class Scenario(CONFORM.Scenario):  # type: ignore[misc, name-defined]
    @staticmethod
    def until(seconds: float, ready: Callable[[], object], what: str) -> None:
        """As conform.py does, but it looks more often: our server is quicker."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.02)


def texts(scenario: Path) -> Iterator[str]:
    for path in sorted(scenario.rglob("*")):
        if path.is_file() and path.name not in ("expected.json", "scenario.yaml"):
            yield path.read_text(errors="replace")


def used(scenario: Path) -> set[str]:
    """The operators of Digdag that a scenario's files name."""
    found: set[str] = set()
    for text in texts(scenario):
        found |= set(re.findall(r"\b([a-z][a-z0-9_]*)>[\"']?\s*:", text)) & DIGDAG
        found |= set(re.findall(r"_type[\"']?:\s*[\"']?([a-z0-9_]+)", text)) & DIGDAG
    return found


def missing(scenario: Path) -> set[str]:
    """What this version lacks to run it; nothing where no attempt is expected to start."""
    if not json.loads((scenario / "expected.json").read_text()).get("attempts"):
        return set()
    return used(scenario) - set(catalog().operators)


def parameters() -> list[Any]:
    """Each scenario by name, with the reason when this version cannot run it."""
    cases = []
    for folder in sorted(SCENARIOS.iterdir()):
        needs = ", ".join(sorted(missing(folder)))
        marks = [pytest.mark.skip(reason=f"this version has no {needs}")] if needs else []
        cases.append(pytest.param(folder, id=folder.name, marks=marks))
    return cases


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield CONFORM.Api(server.url)


@pytest.mark.slow
@pytest.mark.parametrize("folder", parameters())
def test_scenario_ends_as_on_digdag(folder, api):
    scenario = Scenario(folder)
    ignore = scenario.spec.get("ignore") or []
    expected = json.loads(scenario.expected_file.read_text())

    actual = scenario.run(api)

    found = CONFORM.differences(
        CONFORM.normalise(expected, ignore), CONFORM.normalise(actual, ignore)
    )
    assert list(found) == [], scenario.spec.get("about")


def test_most_scenarios_run_in_this_version():
    runnable = [folder.name for folder in SCENARIOS.iterdir() if not missing(folder)]

    assert len(runnable) > len(list(SCENARIOS.iterdir())) / 2


def test_a_scenario_of_an_unknown_operator_is_not_left_out():
    assert missing(SCENARIOS / "unknown-operator-fails") == set()
