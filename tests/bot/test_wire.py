from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import wire
from engine.errors import ConfigError
from engine.model import Attempt, Definition, Deployment, Project, Revision, Schedule, Session, Task
from engine.states import TaskFlag, TaskState

NOON = datetime(2024, 1, 5, 12, 0, 30, 999_999, tzinfo=UTC)

PROJECT = Project(id=1, name="etl", created_at=NOON, current_revision_id=3)
REVISION = Revision(
    id=3,
    project_id=1,
    number=2,
    name="v1.2",
    content_hash="",
    archive_sha256="00",
    archive_md5="1B2M2Y8AsgTpgAmY7PhCfg==",
    archive_size=10,
    user_info={"git": {"number": 2}},
    created_at=NOON + timedelta(days=1),
)
ATTEMPT = Attempt(
    id=31,
    session_id=12,
    project_id=1,
    workflow_name="load",
    session_time=NOON,
    session_uuid="u-1",
    definition_id=7,
    revision_id=3,
    deployment_id=None,
    index=1,
    retry_attempt_name=None,
    timezone="Asia/Tokyo",
    params={"z": 1, "a": 2},
    cancel_requested=False,
    done=False,
    success=False,
    created_at=NOON,
    finished_at=None,
)


class TestTimes:
    def test_a_point_is_utc_in_whole_seconds(self):
        tokyo = timezone(timedelta(hours=9))

        assert wire.point(NOON.astimezone(tokyo)) == "2024-01-05T12:00:30Z"

    def test_a_year_of_three_digits_has_four(self):
        assert wire.point(datetime(987, 1, 1, tzinfo=UTC)) == "0987-01-01T00:00:00Z"

    @pytest.mark.parametrize(
        ("zone", "shown"),
        [("UTC", "2024-01-05T12:00:30+00:00"), ("Asia/Tokyo", "2024-01-05T21:00:30+09:00")],
    )
    def test_with_the_offset_of_the_workflow(self, zone, shown):
        assert wire.with_offset(NOON, zone) == shown

    @given(st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))
    def test_what_is_written_reads_back(self, moment):
        written = wire.with_offset(moment, "America/St_Johns")

        assert wire.parse_instant(written, "t") == moment.replace(microsecond=0)

    @pytest.mark.parametrize("text", ["2024-01-05", "now", "", "2024-01-05T25:00:00Z", 5, None, []])
    def test_what_is_no_time_is_named(self, text):
        with pytest.raises(ConfigError, match=r"Invalid timestamp format: .*nextTime"):
            wire.parse_local_or_instant(text, "UTC", "nextTime")

    @pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
    def test_a_time_leaves_room_for_every_zone_and_its_neighbours(self, text):
        with pytest.raises(ConfigError, match=r"sessionTime must lie in the years 2 to 9998"):
            wire.parse_instant(text, "sessionTime")

    def test_an_instant_needs_an_offset(self):
        with pytest.raises(ConfigError, match=r"sessionTime needs an offset"):
            wire.parse_instant("2024-01-05T00:00:00", "sessionTime")

    def test_a_local_time_is_read_in_the_workflows_zone(self):
        found = wire.parse_local_or_instant("2024-01-05T09:00:00", "Asia/Tokyo", "t")

        assert found == datetime(2024, 1, 5, tzinfo=UTC)


class TestJson:
    def test_keys_keep_their_order(self):
        assert wire.dumps({"b": 1, "a": {"d": 1, "c": 2}}) == b'{"b":1,"a":{"d":1,"c":2}}'

    def test_numbers_that_json_lacks_are_text(self):
        value = {"a": [float("inf"), float("-inf"), float("nan"), 1.5]}

        assert json.loads(wire.dumps(value)) == {"a": ["Infinity", "-Infinity", "NaN", 1.5]}

    def test_any_text_can_be_sent(self):
        assert json.loads(wire.dumps({"a": "日本 \ud800"})) == {"a": "日本 \ud800"}


def test_project():
    assert wire.project(PROJECT, REVISION) == {
        "id": "1",
        "name": "etl",
        "revision": "v1.2",
        "createdAt": "2024-01-05T12:00:30Z",
        "updatedAt": "2024-01-06T12:00:30Z",
        "deletedAt": None,
        "archiveType": "db",
        "archiveMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    }


def test_project_without_content():
    shown = wire.project(PROJECT, None)

    assert (shown["revision"], shown["archiveType"], shown["archiveMd5"]) == (None, "none", None)


def test_revision_has_no_id():
    assert wire.revision(REVISION) == {
        "revision": "v1.2",
        "createdAt": "2024-01-06T12:00:30Z",
        "archiveType": "db",
        "archiveMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "userInfo": {"git": {"number": 2}},
    }


def test_workflow():
    definition = Definition(7, 1, 3, "load", "Asia/Tokyo", {"+b": {}, "+a": {}})

    shown = wire.workflow(definition, "etl", "v1.2")

    assert shown == {
        "id": "7",
        "name": "load",
        "project": {"id": "1", "name": "etl"},
        "revision": "v1.2",
        "timezone": "Asia/Tokyo",
        "config": {"+b": {}, "+a": {}},
    }
    assert list(shown["config"]) == ["+b", "+a"]
    assert wire.truncated_session_time(definition, "etl", "v1.2", NOON) == {
        "project": {"id": "1", "name": "etl"},
        "revision": "v1.2",
        "sessionTime": "2024-01-05T21:00:30+09:00",
        "timezone": "Asia/Tokyo",
    }


def test_schedule_and_summary():
    row = Schedule(
        id=4,
        project_id=1,
        workflow_name="load",
        definition_id=7,
        next_run_time=NOON,
        next_schedule_time=NOON,
        last_session_time=None,
        skipped_until=None,
        disabled_at=NOON,
        disabled_reason=None,
        hidden_at=None,
        created_at=NOON,
        updated_at=NOON + timedelta(hours=1),
    )
    fields = {
        "id": "4",
        "project": {"id": "1", "name": "etl"},
        "workflow": {"id": "7", "name": "load"},
        "nextRunTime": "2024-01-05T12:00:30Z",
        "nextScheduleTime": "2024-01-05T21:00:30+09:00",
        "disabledAt": "2024-01-05T12:00:30Z",
    }

    assert wire.schedule(row, "etl", "Asia/Tokyo") == fields
    assert wire.schedule_summary(row, "etl", "Asia/Tokyo") == {
        **fields,
        "createdAt": "2024-01-05T12:00:30Z",
        "updatedAt": "2024-01-05T13:00:30Z",
    }


def test_attempt():
    assert wire.attempt(ATTEMPT, "etl") == {
        "id": "31",
        "index": 1,
        "project": {"id": "1", "name": "etl"},
        "workflow": {"name": "load", "id": "7"},
        "sessionId": "12",
        "sessionUuid": "u-1",
        "sessionTime": "2024-01-05T21:00:30+09:00",
        "retryAttemptName": None,
        "done": False,
        "success": False,
        "cancelRequested": False,
        "params": {"z": 1, "a": 2},
        "createdAt": "2024-01-05T12:00:30Z",
        "finishedAt": None,
        "status": "running",
    }


def test_session_shows_its_last_attempt_without_status():
    shown = wire.session(Session(12, 1, "load", NOON, "u-1", 31), ATTEMPT, "etl")

    assert shown == {
        "id": "12",
        "project": {"id": "1", "name": "etl"},
        "workflow": {"name": "load", "id": "7"},
        "sessionUuid": "u-1",
        "sessionTime": "2024-01-05T21:00:30+09:00",
        "lastAttempt": {
            "id": "31",
            "retryAttemptName": None,
            "done": False,
            "success": False,
            "cancelRequested": False,
            "params": {"z": 1, "a": 2},
            "createdAt": "2024-01-05T12:00:30Z",
            "finishedAt": None,
        },
    }


def test_task():
    row = Task(
        id=101,
        attempt_id=31,
        parent_id=100,
        full_name="+load+a",
        is_group=False,
        upstreams=(99,),
        waits=(),
        window=0,
        local={"sh>": "run.sh"},
        export={"x": {"deep": 1}},
        state=TaskState.CANCELED,
        flags=TaskFlag.INITIAL | TaskFlag.CANCEL_REQUESTED,
        export_params={"x": {"more": 2}},
        store_params={"s": 1},
        updated_at=NOON,
    )

    assert wire.task(row) == {
        "id": "101",
        "fullName": "+load+a",
        "parentId": "100",
        "config": {"sh>": "run.sh", "_export": {"x": {"deep": 1}}},
        "upstreams": ["99"],
        "isGroup": False,
        "state": "canceled",
        "cancelRequested": True,
        "exportParams": {"x": {"deep": 1, "more": 2}},
        "storeParams": {"s": 1},
        "stateParams": {},
        "updatedAt": "2024-01-05T12:00:30Z",
        "retryAt": None,
        "startedAt": None,
        "error": {},
    }
    row.export = {}
    assert wire.task(row)["config"] == {"sh>": "run.sh"}


def test_origin_stands_beside_the_attempt_not_in_it():
    deployed = Deployment(
        id=5,
        project_id=1,
        revision_id=3,
        action="deployed",
        repository_id=1,
        commit="c" * 40,
        ref="refs/heads/main",
        tag=None,
        author="Dana",
        subject="Load",
        committed_at=NOON,
        requested_by="push",
        created_at=NOON,
    )
    attempt = wire.attempt(ATTEMPT, "etl")

    shown = wire.provenance(
        attempt,
        REVISION,
        deployed,
        triggered_by=None,
        triggered=[wire.attempt_link(ATTEMPT, "etl")],
    )

    assert shown["attempt"] == attempt
    assert shown["revision"] == {"number": 2, "name": "v1.2"}
    assert shown["deployment"]["commit"] == "c" * 40
    assert shown["deployment"]["committedAt"] == "2024-01-05T12:00:30Z"
    assert shown["triggered"] == [
        {"id": "31", "project": "etl", "workflow": "load", "status": "running"}
    ]
    bare = wire.provenance(attempt, None, None, triggered_by=None, triggered=[])
    assert bare["deployment"] is None
