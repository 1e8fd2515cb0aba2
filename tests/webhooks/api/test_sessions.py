from __future__ import annotations


def test_list_and_one(api):
    project = api.upload()
    first = api.start(project)
    second = api.start(project, "2024-01-03T00:00:00Z")

    found = api.get("/api/sessions")["sessions"]

    assert [session["id"] for session in found] == [second["sessionId"], first["sessionId"]]
    assert found[1]["lastAttempt"]["id"] == first["id"]
    assert "status" not in found[1]["lastAttempt"]
    assert api.get(f"/api/sessions/{first['sessionId']}") == found[1]
    assert api.get("/api/sessions", last_id=second["sessionId"])["sessions"] == [found[1]]
    assert api.get("/api/sessions", page_size=1)["sessions"] == [found[0]]


def test_all_attempts_of_a_session(api):
    project = api.upload()
    first = api.start(project)
    second = api.start(project, retryAttemptName="again")
    path = f"/api/sessions/{first['sessionId']}"

    assert api.get(f"{path}/attempts")["attempts"] == [second, first]
    assert api.get(f"{path}/attempts", last_id=second["id"])["attempts"] == [first]
    assert api.get(path)["lastAttempt"]["id"] == second["id"]


def test_missing(api):
    message = "Resource does not exist: session id=9"

    assert api.refused("GET", "/api/sessions/9") == (404, message)
    assert api.refused("GET", "/api/sessions/9/attempts") == (404, message)
