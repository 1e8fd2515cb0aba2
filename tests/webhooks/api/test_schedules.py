from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

HOURLY = {"main.dig": 'timezone: Asia/Tokyo\nschedule:\n  hourly>: "38:00"\n+a:\n  echo>: x\n'}
PAST = {
    "message": "Specified time to skip schedules is already past",
    "status": 409,
}


@pytest.fixture
def schedule(api) -> dict[str, object]:
    api.upload(files=HOURLY)
    (found,) = api.get("/api/schedules")["schedules"]
    return dict(found)


def test_list_and_one(api, schedule):
    assert set(schedule) == {
        "id", "project", "workflow", "nextRunTime", "nextScheduleTime", "disabledAt",
    }  # fmt: skip
    assert str(schedule["nextScheduleTime"]).endswith("+09:00")
    assert schedule["disabledAt"] is None
    assert api.get(f"/api/schedules/{schedule['id']}") == schedule
    assert api.get("/api/schedules", last_id=schedule["id"]) == {"schedules": []}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/disable"), ("POST", "/enable")]
)
def test_missing(api, method, path):
    assert api.refused(method, f"/api/schedules/9{path}") == (
        404,
        "Resource does not exist: schedule id=9",
    )


def test_disable_and_enable(api, schedule):
    path = f"/api/schedules/{schedule['id']}"

    disabled = api.fine("POST", f"{path}/disable")

    assert disabled["disabledAt"] is not None
    assert set(disabled) == {*schedule, "createdAt", "updatedAt"}
    assert disabled["nextRunTime"] == schedule["nextRunTime"]
    assert api.get(path)["disabledAt"] == disabled["disabledAt"]
    assert api.fine("POST", f"{path}/enable")["disabledAt"] is None


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", None),
        (b"", "application/json"),
        (b"{}", "application/json"),
        (b"null", "application/json"),
        (b'{"skipSchedule": false, "nextTime": "x"}', "application/json"),
        (b'{"skipSchedule": null, "other": 1}', "application/json"),
    ],
)
def test_bodies_that_are_a_plain_enable(api, schedule, data, content_type):
    path = f"/api/schedules/{schedule['id']}"
    api.fine("POST", f"{path}/disable")

    answer = api.ask("POST", f"{path}/enable", data=data, content_type=content_type)

    assert answer.status_code == 200, answer.text
    assert answer.json["nextRunTime"] == schedule["nextRunTime"]


def test_enable_skips_to_a_time(api, schedule):
    path = f"/api/schedules/{schedule['id']}"
    api.fine("POST", f"{path}/disable")
    next_run = datetime.fromisoformat(str(schedule["nextRunTime"]))
    target = (next_run + timedelta(minutes=1)).astimezone(UTC).isoformat()

    found = api.fine("POST", f"{path}/enable", {"skipSchedule": True, "nextTime": target})

    assert found["disabledAt"] is None
    assert datetime.fromisoformat(found["nextRunTime"]) == next_run + timedelta(hours=1)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(minutes=-28)])
def test_a_skip_into_the_past_changes_nothing(api, schedule, offset):
    path = f"/api/schedules/{schedule['id']}"
    disabled = api.fine("POST", f"{path}/disable")
    target = (datetime.fromisoformat(str(schedule["nextRunTime"])) + offset).isoformat()

    answer = api.ask("POST", f"{path}/enable", {"skipSchedule": True, "nextTime": target})

    assert (answer.status_code, answer.json) == (409, PAST)
    assert api.get(path)["disabledAt"] == disabled["disabledAt"]


@pytest.mark.parametrize(
    "body", [[], {"skipSchedule": "yes"}, {"skipSchedule": True, "nextTime": "soon"}]
)
def test_bodies_that_cannot_be_read(api, schedule, body):
    assert api.refused("POST", f"/api/schedules/{schedule['id']}/enable", body)[0] == 400
