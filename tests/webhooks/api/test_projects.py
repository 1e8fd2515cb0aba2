from __future__ import annotations

import gzip
from urllib.parse import urlencode

import pytest

from tests.support.server import archive
from tests.support.web import HELLO

SCHEDULED = {"main.dig": "schedule:\n  daily>: 02:00:00\n+a:\n  echo>: x\n"}
PATH = "/api/projects?project=etl&revision=r"


def put(api, path: str = PATH, data: bytes = b"", content_type: str = "application/gzip"):
    return api.refused("PUT", path, data=data, content_type=content_type)


class TestUpload:
    def test_makes_a_project(self, api):
        project = api.upload("etl")

        assert project["name"] == "etl"
        assert project["revision"] == "r-1"
        assert project["archiveType"] == "db"
        assert project["deletedAt"] is None
        assert api.get("/api/projects") == {"projects": [project]}
        assert api.get(f"/api/projects/{project['id']}") == project
        assert api.get("/api/project", name="etl") == project

    def test_then_its_next_revision(self, api):
        first = api.upload("etl")

        second = api.upload("etl", {"other.dig": "+a:\n  echo>: x\n"}, revision="r-2")

        assert second["id"] == first["id"]
        assert second["revision"] == "r-2"
        found = api.get(f"/api/projects/{first['id']}/revisions")["revisions"]
        assert [revision["revision"] for revision in found] == ["r-2", "r-1"]

    def test_a_revision_is_taken_once(self, api):
        project = api.upload()

        assert put(api, f"{PATH}-1", archive(HELLO)) == (
            409,
            f"Resource already exists: revision=r-1 in project id={project['id']}",
        )

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("revision=r", "project= is required"),
            ("project=p", "revision= is required"),
            ("project=p&revision=r&schedule_from=tomorrow", "Invalid schedule_from= parameter"),
            ("project=p&revision=r&schedule_from=2024-13-01T00:00:00Z", "Invalid schedule_from="),
            ("project=p&revision=r&clear_schedule=nobody", "nobody does not exist"),
        ],
    )
    def test_parameters(self, api, query, message):
        status, said = put(api, f"/api/projects?{query}", archive(HELLO))

        assert status == 400
        assert message in said

    @pytest.mark.parametrize("data", [b"", b"text", b"\x1f\x8b\x08" + b"\0" * 20])
    def test_what_is_no_archive(self, api, data):
        assert put(api, data=data)[0] == 400
        assert api.get("/api/projects") == {"projects": []}

    def test_another_type(self, api):
        status, message = put(api, data=archive(HELLO), content_type="application/zip")

        assert status == 400
        assert "application/gzip" in message

    def test_too_large(self, api):
        status, message = put(api, data=gzip.compress(b"x", 0) + b"\0" * 3_000_000)

        assert (status, message) == (
            400,
            "Size of the uploaded archive file exceeds limit (2097152 bytes)",
        )

    def test_mistakes_are_named_with_their_place(self, api):
        status, message = put(api, data=archive({"main.dig": "+a:\n  echo>: x\n  sh>: y\n"}))

        assert status == 400
        assert message.startswith("Validating project failed")
        assert "main.dig:" in message

    @pytest.mark.parametrize("name", ["1abc", "+x", "x.dig", "", "a" * 256])
    def test_names(self, api, name):
        query = urlencode({"project": name, "revision": "r"})

        assert put(api, f"/api/projects?{query}", archive(HELLO))[0] == 400


class TestLists:
    def test_by_name(self, api):
        api.upload("one")
        two = api.upload("two")

        assert api.get("/api/projects", name="two") == {"projects": [two]}
        assert api.get("/api/projects", name="three") == {"projects": []}

    def test_pages_and_parts_of_names(self, api):
        ids = [api.upload(name)["id"] for name in ("load_a", "load%b", "store")]

        def names(**query: object) -> list[str]:
            return [project["name"] for project in api.get("/api/projects", **query)["projects"]]

        assert names(count=2) == ["load_a", "load%b"]
        assert names(last_id=ids[1]) == ["store"]
        assert names(name_pattern="%") == ["load%b"]
        assert names(name_pattern="oad") == ["load_a", "load%b"]

    def test_missing(self, api):
        assert api.refused("GET", "/api/projects/42") == (
            404,
            "Resource does not exist: project id=42",
        )
        assert api.refused("GET", "/api/project?name=x") == (
            404,
            "Resource does not exist: project name=x",
        )
        assert api.refused("GET", "/api/project") == (400, "name= is required")


class TestWorkflows:
    def test_of_the_current_and_of_a_named_revision(self, api):
        project = api.upload(files={"b.dig": "+x:\n  echo>: 1\n", "a.dig": "+y:\n  echo>: 2\n"})
        api.upload(files=HELLO, revision="r-2")
        path = f"/api/projects/{project['id']}/workflows"

        def names(**query: object) -> list[str]:
            return [workflow["name"] for workflow in api.get(path, **query)["workflows"]]

        assert names() == ["main"]
        assert sorted(names(revision="r-1")) == ["a", "b"]
        assert names(revision="r-1", name="a") == ["a"]
        assert names(name="a") == []
        assert api.refused("GET", f"{path}?revision=r-9") == (
            404,
            f"Resource does not exist: revision name=r-9 in project id={project['id']}",
        )

    def test_one(self, api):
        project = api.upload()
        path = f"/api/projects/{project['id']}/workflows/main"

        found = api.get(path)

        assert found["config"] == {"+a": {"echo>": "hello"}}
        assert found["project"] == {"id": project["id"], "name": "etl"}
        assert (found["revision"], found["timezone"]) == ("r-1", "UTC")
        assert api.get(f"/api/projects/{project['id']}/workflow", name="main") == found
        status, message = api.refused("GET", path + "x")
        assert status == 404
        assert message.startswith("Resource does not exist: workflow name=mainx in revision id=")


class TestSchedulesAndSessions:
    def test_schedules(self, api):
        project = api.upload(files=SCHEDULED)
        path = f"/api/projects/{project['id']}/schedules"

        (found,) = api.get(path)["schedules"]

        assert found["workflow"]["name"] == "main"
        assert api.get(path, workflow="main") == {"schedules": [found]}
        assert api.get(path, workflow="other") == {"schedules": []}

    def test_sessions(self, api):
        project = api.upload()
        attempt = api.start(project)
        path = f"/api/projects/{project['id']}/sessions"

        (found,) = api.get(path)["sessions"]

        assert found["lastAttempt"]["id"] == attempt["id"]
        assert api.get(path, workflow="other") == {"sessions": []}


class TestArchive:
    def test_the_bytes_as_uploaded(self, api):
        project = api.upload()
        path = f"/api/projects/{project['id']}/archive"

        answer = api.ask("GET", path)

        assert answer.content_type == "application/gzip"
        assert gzip.decompress(answer.data).startswith(b"main.dig")
        assert api.ask("GET", f"{path}?revision=r-1").data == answer.data
        assert api.refused("GET", f"{path}?revision=r-2")[0] == 404

    def test_lost_in_the_storage(self, api):
        project = api.upload()
        for file in (api.parts.engine.data_dir / "files").rglob("*"):
            if file.is_file():
                file.unlink()

        assert api.refused("GET", f"/api/projects/{project['id']}/archive") == (
            404,
            "Archive file not found",
        )


class TestDelete:
    def test_shows_what_it_was_and_frees_the_name(self, api):
        project = api.upload()
        path = f"/api/projects/{project['id']}"

        assert api.fine("DELETE", path) == project
        assert api.get("/api/projects") == {"projects": []}
        for gone in (path, f"{path}/workflows", f"{path}/sessions", f"{path}/archive"):
            status, message = api.refused("GET", gone)
            assert status == 404
            assert message.startswith(f"Project id={project['id']} is already deleted at ")
        assert api.refused("DELETE", path)[0] == 404
        assert api.upload()["id"] != project["id"]

    def test_sessions_stay_readable(self, api):
        project = api.upload()
        attempt = api.start(project)
        api.fine("DELETE", f"/api/projects/{project['id']}")

        assert api.get(f"/api/attempts/{attempt['id']}")["project"]["name"] == "etl"
        assert api.get(f"/api/sessions/{attempt['sessionId']}")["project"]["name"] == "etl"
