from __future__ import annotations

from functools import reduce

import pytest

TIME = "2024-01-02T00:00:00+00:00"


class TestStart:
    def test_the_new_attempt(self, api):
        project = api.upload()

        attempt = api.start(project, params={"a": {"b": 1}})

        assert attempt["project"] == {"id": project["id"], "name": "etl"}
        assert attempt["workflow"] == {"name": "main", "id": api.workflow_id(project)}
        assert (attempt["index"], attempt["status"], attempt["done"]) == (1, "running", False)
        assert attempt["sessionTime"] == TIME
        assert attempt["params"] == {"a": {"b": 1}}
        assert api.get(f"/api/attempts/{attempt['id']}") == attempt

    def test_ids_may_be_numbers_and_unknown_fields_are_ignored(self, api):
        number = int(api.workflow_id(api.upload()))
        body = {"workflowId": number, "sessionTime": TIME, "params": {}, "poolId": 3}

        assert api.fine("PUT", "/api/attempts", body)["workflow"]["id"] == str(number)

    def test_a_conflict_shows_the_attempt_that_is_there(self, api):
        project = api.upload()
        first = api.start(project)
        body = {"workflowId": api.workflow_id(project), "sessionTime": TIME, "params": {}}

        answer = api.ask("PUT", "/api/attempts", body)

        assert (answer.status_code, answer.json) == (409, first)

    def test_named_attempts(self, api):
        project = api.upload()
        first = api.start(project)

        second = api.start(project, retryAttemptName="again")

        assert (second["index"], second["retryAttemptName"]) == (2, "again")
        assert second["sessionId"] == first["sessionId"]
        found = api.get(f"/api/attempts/{second['id']}/retries")["attempts"]
        assert [attempt["index"] for attempt in found] == [1, 2]

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"params": reduce(lambda p, _: {"a": p}, range(101), {})}, "100 levels deep"),
            ({"workflowId": None}, "workflowId is required"),
            ({"workflowId": "x"}, "workflowId must be an id"),
            ({"workflowId": True}, "workflowId must be an id"),
            ({"workflowId": 2**70}, "workflowId must be an id"),
            ({"sessionTime": None}, "sessionTime is required"),
            ({"sessionTime": "2024-01-01"}, "Invalid timestamp format: 2024-01-01"),
            ({"sessionTime": "2024-01-01T00:00:00"}, "needs an offset"),
            ({"sessionTime": 5}, "Invalid timestamp format: 5"),
            ({"params": None}, "params must be an object"),
            ({"params": []}, "params must be an object"),
            ({"retryAttemptName": ""}, "retryAttemptName"),
            ({"retryAttemptName": "x" * 256}, "retryAttemptName"),
            ({"resume": "failed"}, "resume must be an object"),
            ({"resume": {"mode": "all", "attemptId": 1}}, "resume.mode"),
            ({"resume": {"mode": "from", "attemptId": 1}}, "resume.from"),
            ({"resume": {"mode": "failed"}}, "attemptId is required"),
        ],
    )
    def test_what_is_wrong_is_named(self, api, change, word):
        body = {"workflowId": api.workflow_id(api.upload()), "sessionTime": TIME, "params": {}}

        status, message = api.refused("PUT", "/api/attempts", {**body, **change})

        assert status == 400
        assert word in message
        assert api.get("/api/attempts") == {"attempts": []}

    def test_of_an_unknown_workflow(self, api):
        body = {"workflowId": 42, "sessionTime": TIME, "params": {}}

        assert api.refused("PUT", "/api/attempts", body) == (
            404,
            "Resource does not exist: workflow id=42",
        )


class TestLists:
    def test_newest_first_and_one_of_each_session(self, api):
        project = api.upload()
        first = api.start(project)
        again = api.start(project, retryAttemptName="again")
        other = api.start(project, "2024-01-03T00:00:00Z")

        def ids(**query: object) -> list[str]:
            return [attempt["id"] for attempt in api.get("/api/attempts", **query)["attempts"]]

        assert ids() == [other["id"], again["id"]]
        assert ids(include_retried="True") == [other["id"], again["id"], first["id"]]
        assert ids(include_retried="1") == ids()
        assert ids(last_id=other["id"]) == [again["id"]]
        assert ids(page_size=1) == [other["id"]]

    def test_of_a_project_and_its_workflow(self, api):
        attempt = api.start(api.upload())
        api.start(api.upload("other"))

        assert api.get("/api/attempts", project="etl") == {"attempts": [attempt]}
        assert api.get("/api/attempts", project="etl", workflow="main") == {"attempts": [attempt]}
        assert api.get("/api/attempts", project="etl", workflow="x") == {"attempts": []}
        assert len(api.get("/api/attempts", workflow="x")["attempts"]) == 2
        assert api.refused("GET", "/api/attempts?project=x")[0] == 404

    def test_tasks(self, api):
        attempt = api.start(api.upload())

        tasks = api.get(f"/api/attempts/{attempt['id']}/tasks")["tasks"]

        assert [task["fullName"] for task in tasks] == ["+main", "+main+a"]
        assert tasks[1]["parentId"] == tasks[0]["id"]
        assert tasks[1]["config"] == {"echo>": "hello"}

    @pytest.mark.parametrize("path", ["", "/tasks", "/retries"])
    def test_missing(self, api, path):
        assert api.refused("GET", f"/api/attempts/9{path}") == (
            404,
            "Resource does not exist: session attempt id=9",
        )


class TestKill:
    def test_shows_that_it_was_asked_for(self, api):
        attempt = api.start(api.upload())
        path = f"/api/attempts/{attempt['id']}/kill"

        killed = api.fine("POST", path)

        assert killed == {**attempt, "cancelRequested": True}
        assert api.fine("POST", path) == killed

    def test_missing(self, api):
        assert api.refused("POST", "/api/attempts/9/kill")[0] == 404
