from __future__ import annotations

import pytest

TOKYO = {"main.dig": "timezone: Asia/Tokyo\nschedule:\n  daily>: 02:00:00\n+a:\n  echo>: x\n"}


class TestLists:
    def test_of_current_revisions_only(self, api):
        api.upload("one", {"b.dig": "+x:\n  echo>: 1\n"})
        api.upload("one", {"c.dig": "+x:\n  echo>: 1\n"}, revision="r-2")
        api.upload("two", {"d.dig": "+x:\n  echo>: 1\n"})

        def names(**query: object) -> list[str]:
            return [found["name"] for found in api.get("/api/workflows", **query)["workflows"]]

        assert names() == ["c", "d"]
        assert names(order="desc") == ["d", "c"]
        assert names(count=1) == ["c"]
        assert names(name_pattern="d") == ["d"]
        assert names(name_pattern="tw") == []
        assert names(name_pattern="tw", search_project_name="true") == ["d"]

    def test_order(self, api):
        assert api.refused("GET", "/api/workflows?order=up") == (
            400,
            "parameter 'order' must be either 'asc' or 'desc'",
        )


class TestOne:
    def test_by_id_and_by_name(self, api):
        old = api.workflow_id(api.upload())
        new = api.workflow_id(api.upload(revision="r-2"))

        assert api.get(f"/api/workflows/{old}")["revision"] == "r-1"
        assert api.get("/api/workflow", project="etl", name="main")["id"] == new
        assert api.get("/api/workflow", project="etl", name="main", revision="r-1")["id"] == old

    @pytest.mark.parametrize(
        ("query", "status"),
        [("project=etl", 400), ("name=main", 400), ("project=x&name=main", 404),
         ("project=etl&name=x", 404), ("project=etl&name=main&revision=x", 404)],
    )  # fmt: skip
    def test_missing(self, api, query, status):
        api.upload()

        assert api.refused("GET", f"/api/workflow?{query}")[0] == status


class TestTruncate:
    @pytest.mark.parametrize(
        ("mode", "shown"),
        [
            (None, "2024-01-05T12:34:56+09:00"),
            ("second", "2024-01-05T12:34:56+09:00"),
            ("minute", "2024-01-05T12:34:00+09:00"),
            ("hour", "2024-01-05T12:00:00+09:00"),
            ("day", "2024-01-05T00:00:00+09:00"),
            ("schedule", "2024-01-06T00:00:00+09:00"),
            ("next_schedule", "2024-01-06T00:00:00+09:00"),
        ],
    )
    @pytest.mark.parametrize("given", ["2024-01-05T12:34:56.7", "2024-01-05T03:34:56.7Z"])
    def test_modes_in_the_workflows_zone(self, api, mode, shown, given):
        number = api.workflow_id(api.upload(files=TOKYO))
        query = {"session_time": given} | ({"mode": mode} if mode else {})

        found = api.get(f"/api/workflows/{number}/truncated_session_time", **query)

        assert found["sessionTime"] == shown
        assert found["timezone"] == "Asia/Tokyo"
        assert set(found) == {"project", "revision", "sessionTime", "timezone"}

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("mode=day", 400),
            ("session_time=x", 400),
            ("session_time=2024-01-05T00:00:00&mode=week", 404),
            ("session_time=2024-01-05T00:00:00&mode=schedule", 400),
        ],
    )
    def test_what_is_refused(self, api, query, status):
        number = api.workflow_id(api.upload())

        found = api.refused("GET", f"/api/workflows/{number}/truncated_session_time?{query}")

        assert found[0] == status
