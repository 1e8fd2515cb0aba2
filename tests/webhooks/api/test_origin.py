from __future__ import annotations

from datetime import UTC, datetime

from engine.model import Trigger
from engine.store import triggers
from tests.support.api import finished

NOW = datetime(2026, 1, 2, tzinfo=UTC)

TRIGGERED = {
    "after.dig": "trigger:\n  attempt>:\n  dependent_workflow_name: main\n"
    "  dependent_project_name: etl\n+a:\n  echo>: x\n"
}


def test_an_upload_has_a_revision_and_no_commit(api):
    attempt = api.start(api.upload())

    (found,) = api.get("/api/digbot/attempts")["attempts"]

    assert found["attempt"] == attempt
    assert found["revision"] == {"number": 1, "name": "r-1"}
    assert found["deployment"]["commit"] is None
    assert found["deployment"]["action"] == "uploaded"
    assert (found["triggeredBy"], found["triggered"]) == (None, [])
    assert api.get(f"/api/digbot/attempts/{attempt['id']}") == found


def test_a_chain_of_triggers(running):
    running_project = running.upload()
    running.upload("report", TRIGGERED)
    first = finished(running, running.start(running_project))
    (second,) = running.get("/api/attempts", project="report")["attempts"]
    second = finished(running, second)

    above = running.get(f"/api/digbot/attempts/{first['id']}")
    below = running.get(f"/api/digbot/attempts/{second['id']}")

    link = {"id": first["id"], "project": "etl", "workflow": "main", "status": "success"}
    assert below["triggeredBy"] == link
    assert [other["id"] for other in above["triggered"]] == [second["id"]]
    chain = running.get(f"/api/digbot/attempts/{second['id']}/chain")["attempts"]
    assert [entry["attempt"]["id"] for entry in chain] == [first["id"], second["id"]]
    listed = running.get("/api/digbot/attempts")["attempts"]
    assert listed == [below, above]


def test_a_trigger_that_started_nothing_says_why(api):
    attempt = api.start(api.upload())
    report = api.upload("report", TRIGGERED)
    with api.parts.engine.database.transaction() as tx:
        (firing,) = triggers.fire(
            tx, int(attempt["id"]), [Trigger(int(report["id"]), "after", "etl", "main")], now=NOW
        )
        triggers.firing_dropped(tx, firing.id, "Workflow 'after' is gone")

    (found,) = api.get(f"/api/digbot/attempts/{attempt['id']}/chain")["attempts"]

    assert found["notStarted"] == [
        {
            "project": "report",
            "workflow": "after",
            "state": "dropped",
            "message": "Workflow 'after' is gone",
        }
    ]


def test_filters_are_those_of_digdags_list(api):
    project = api.upload()
    first = api.start(project)
    again = api.start(project, retryAttemptName="again")

    def ids(**query: object) -> list[str]:
        found = api.get("/api/digbot/attempts", **query)["attempts"]
        return [entry["attempt"]["id"] for entry in found]

    assert ids() == [again["id"]]
    assert ids(include_retried="true") == [again["id"], first["id"]]
    assert ids(session=first["sessionId"]) == [again["id"], first["id"]]
    assert ids(project="etl", workflow="x") == []


def test_missing(api):
    for path in ("/api/digbot/attempts/9", "/api/digbot/attempts/9/chain"):
        assert api.refused("GET", path) == (404, "Resource does not exist: session attempt id=9")
    assert api.refused("GET", "/api/digbot/attempts?session=9")[0] == 404
