from __future__ import annotations

import pytest

from bot.cli import show

DEPLOYED = {
    "commit": "c0ffee" * 6 + "c0ff",
    "tag": None,
    "ref": "refs/heads/main",
    "subject": "Load",
}


def entry(**change: object) -> dict[str, object]:
    plain = {"revision": None, "deployment": None, "triggeredBy": None, "triggered": []}
    return {**plain, **change}


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        (None, ""),
        ({**DEPLOYED, "commit": None}, ""),
        (DEPLOYED, "c0ffeec0ffee main Load"),
        ({**DEPLOYED, "tag": "v1.2"}, "c0ffeec0ffee v1.2 Load"),
        ({**DEPLOYED, "ref": None, "subject": None}, "c0ffeec0ffee"),
    ],
)
def test_commit(deployment, text):
    assert show.commit(entry(deployment=deployment)) == text


def test_a_chain():
    up = {"id": "1", "project": "etl", "workflow": "load", "status": "success"}

    lines = dict(show.origin(entry(triggeredBy=up, triggered=[up, {**up, "id": "3"}])))

    assert lines["triggered by"] == "attempt 1 (etl/load, success)"
    assert lines["triggered"] == "attempt 1 (etl/load, success), attempt 3 (etl/load, success)"


@pytest.mark.parametrize(
    ("done", "success", "text"),
    [(False, False, "running"), (True, False, "error"), (True, True, "success")],
)
def test_status_of_a_session(done, success, text):
    assert show.status({"done": done, "success": success}) == text
