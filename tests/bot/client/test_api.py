from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.client.api import Client
from bot.client.errors import ClientError, Refused
from bot.client.http import Connection, endpoint
from tests.support.server import archive
from tests.support.web import HELLO, serving

TIME = "2024-01-02T00:00:00+00:00"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("server")) as url:
        connection = Connection(endpoint(url), environ={})
        yield Client(connection)
        connection.close()


@pytest.fixture(scope="module")
def project(client: Client) -> dict[str, Any]:
    return client.upload("etl", "r-1", archive(HELLO))


def test_projects_and_workflows(client, project):
    assert client.project("etl") == project
    assert client.project("nobody") is None
    assert client.projects(name_pattern="tl") == [project]
    (workflow,) = client.project_workflows(project["id"])
    assert client.workflow(project["id"], "main") == workflow
    assert client.workflow(project["id"], "other") is None
    assert workflow in client.workflows()
    assert client.truncate(workflow["id"], "2024-01-02T03:04:05", "day") == TIME
    assert client.archive(project["id"], "r-1")[:2] == b"\x1f\x8b"


def test_an_attempt_from_start_to_end(client, project):
    workflow = client.workflow(project["id"], "main")
    request = {"workflowId": workflow["id"], "sessionTime": TIME, "params": {}}

    attempt, started = client.start(request)

    assert started
    there, again = client.start(request)
    assert (there["id"], again) == (attempt["id"], False)
    ended = client.wait(attempt["id"], 30)
    assert ended is not None
    assert ended["status"] == "success"
    assert client.attempt(attempt["id"]) == ended
    assert client.attempts(project="etl") == [ended]
    assert client.session(attempt["sessionId"])["lastAttempt"]["done"]
    assert client.session_attempts(attempt["sessionId"]) == [ended]
    assert len(client.sessions(project["id"])) == len(client.sessions()) == 1
    assert [task["state"] for task in client.tasks(attempt["id"])] == ["success", "success"]
    (file,) = client.log_files(attempt["id"], "+main+a")
    assert client.log_file(attempt["id"], file["fileName"])[:2] == b"\x1f\x8b"
    answer = client.follow(attempt["id"], None, None, 1)
    assert answer is not None
    assert answer["done"]
    with pytest.raises(Refused, match="Request conflicted"):
        client.kill(attempt["id"])


def test_where_attempts_came_from(client, project):
    found = client.attempts_with_origin(project="etl")

    assert found is not None
    for entry in found:
        assert client.attempt_with_origin(entry["attempt"]["id"]) == entry


def test_secrets(client, project):
    client.set_secret(project["id"], "a.b", "x")
    assert client.secrets(project["id"]) == ["a.b"]
    client.delete_secret(project["id"], "a.b")
    assert client.secrets(project["id"]) == []


def test_schedules_and_repositories(client, project):
    assert client.schedules() == client.project_schedules(project["id"]) == []
    assert client.repositories() == []
    for act in (client.disable_schedule, client.enable_schedule):
        with pytest.raises(Refused, match="schedule id=9"):
            act("9")
    for act in (client.sync_repository, client.remove_repository):
        with pytest.raises(Refused, match="no repository"):
            act("none")


def test_delete(client):
    project = client.upload("passing", "r-1", archive(HELLO))

    assert client.delete_project(project["id"]) == project
    assert client.project("passing") is None


def test_the_version(client):
    assert client.version()


class Stub:
    """A connection that answers the same every time."""

    def __init__(self, status: int, body: bytes) -> None:
        self._status, self._body = status, body

    def ask(self, *_: object, **__: object) -> Any:
        if self._status >= 300:
            raise Refused(self._status, self._body.decode())
        return self

    @property
    def body(self) -> bytes:
        return self._body


def stubbed(status: int, body: object) -> Client:
    return Client(Stub(status, json.dumps(body).encode()))  # type: ignore[arg-type]


def test_a_server_of_digdag_has_no_routes_of_ours():
    digdag = stubbed(404, {"message": "HTTP 404 Not Found", "status": 404})

    assert digdag.attempts_with_origin() is None
    assert digdag.attempt_with_origin("1") is None
    assert digdag.wait("1", 1) is None
    assert digdag.follow("1", None, None, 1) is None


@pytest.mark.parametrize(
    ("status", "message"),
    [(404, "Resource does not exist: session attempt id=1"), (500, "broken")],
)
def test_other_refusals_stay_refusals(status, message):
    with pytest.raises(Refused):
        stubbed(status, {"message": message, "status": status}).wait("1", 1)


def test_an_answer_that_is_no_json():
    with pytest.raises(ClientError, match="not JSON: <html>"):
        Client(Stub(200, b"<html>")).version()  # type: ignore[arg-type]
