from __future__ import annotations

import gzip
from urllib.parse import quote

import pytest

from tests.support.api import finished


def test_files_of_an_attempt(running):
    files = {"main.dig": "+a:\n  echo>: one\n+ab:\n  echo>: two\n"}
    attempt = finished(running, running.start(running.upload(files=files)))
    path = f"/api/logs/{attempt['id']}/files"

    first, second = running.get(path)["files"]

    assert [first["taskName"], second["taskName"]] == ["+main+a", "+main+ab"]
    assert set(first) == {
        "fileName", "fileSize", "taskName", "fileTime", "agentId", "direct",
    }  # fmt: skip
    assert first["direct"] is None
    assert first["fileTime"].endswith("Z")
    assert running.get(path, task="+main+ab")["files"] == [second]
    assert running.get(path, task="+main+a")["files"] == [first, second]
    answer = running.ask("GET", f"{path}/{quote(first['fileName'])}")
    assert answer.content_type == "application/gzip"
    assert "one" in gzip.decompress(answer.data).decode()
    assert "Content-Encoding" not in answer.headers


def test_missing(api):
    attempt = api.start(api.upload())
    path = f"/api/logs/{attempt['id']}/files"

    assert api.get(path) == {"files": []}
    assert api.refused("GET", "/api/logs/9/files")[0] == 404
    assert api.refused("GET", f"{path}/%2Bmain@0000000000000000.x.log.gz")[0] == 404


@pytest.mark.parametrize("name", ["..%2F..%2Fdigbot.db", "..", "a%2Fb", "%00"])
def test_names_that_lead_elsewhere(api, name):
    attempt = api.start(api.upload())

    status, message = api.refused("GET", f"/api/logs/{attempt['id']}/files/{name}")

    assert status == 400
    assert message.startswith("Invalid file name: ")
