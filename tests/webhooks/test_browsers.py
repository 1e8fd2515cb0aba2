from __future__ import annotations

import pytest
from werkzeug.test import Client

from webhooks.browsers import keep_out


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"served"]


def client(*, is_open=True, allowed=()):
    return Client(keep_out(application, is_open=is_open, allowed=allowed))


@pytest.mark.parametrize("host", ["127.0.0.1:65432", "localhost", "[::1]:65432", "LOCALHOST:1"])
def test_this_machine_is_served(host):
    assert client().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:65432", "127.0.0.1.evil.example", "[x"]
)
def test_a_name_that_was_made_to_point_here_is_not(host):
    answer = client().get("/api/projects", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.get_json()["status"] == 403
    assert "server.allowed-hosts" in answer.get_json()["message"]


def test_with_passwords_any_name_will_do():
    assert client(is_open=False).get("/", headers={"Host": "digbot.example"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:1", "x"])
@pytest.mark.parametrize("is_open", [True, False])
def test_pages_of_other_sites_change_nothing(origin, is_open):
    headers = {"Host": "127.0.0.1:65432", "Origin": origin}
    answer = client(is_open=is_open).post("/api/attempts/1/kill", headers=headers)
    assert answer.status_code == 403


def test_pages_of_this_server_do():
    headers = {"Host": "127.0.0.1:65432", "Origin": "http://127.0.0.1:65432"}
    assert client().put("/", headers=headers).status_code == 200


def test_programs_have_no_origin():
    assert client().post("/", headers={"Host": "localhost:65432"}).status_code == 200


def test_hosts_that_may():
    door = client(allowed=["digbot.example", "UI.example"])
    assert door.get("/", headers={"Host": "digbot.example:443"}).status_code == 200
    headers = {"Host": "digbot.example", "Origin": "https://ui.example"}
    assert door.post("/", headers=headers).status_code == 200
