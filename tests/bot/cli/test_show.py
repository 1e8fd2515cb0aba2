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
    plain = {"revision": None, "deployment": None, "triggeredBy": None}
    return {**plain, "triggered": [], "notStarted": [], **change}


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


def test_triggers_that_started_nothing():
    gone = {"project": "report", "workflow": "sum", "state": "dropped", "message": "It is gone"}
    waits = {"project": "report", "workflow": "all", "state": "pending", "message": None}

    lines = dict(show.origin(entry(notStarted=[gone, waits])))

    assert lines["not started"] == "report/sum (dropped: It is gone), report/all (pending)"


@pytest.mark.parametrize(
    ("done", "success", "text"),
    [(False, False, "running"), (True, False, "error"), (True, True, "success")],
)
def test_status_of_a_session(done, success, text):
    assert show.status({"done": done, "success": success}) == text
