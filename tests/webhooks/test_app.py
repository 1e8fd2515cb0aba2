from __future__ import annotations

import gzip
import json
import zlib

import pytest
from werkzeug.test import Client

from tests.support.web import parts


class TestCompression:
    @pytest.mark.parametrize(
        ("accept", "encoding", "unpack"),
        [
            ("gzip, deflate", "gzip", gzip.decompress),
            ("deflate", "deflate", zlib.decompress),
            ("", None, bytes),
            ("br", None, bytes),
        ],
    )
    def test_when_asked_for(self, api, accept, encoding, unpack):
        for number in range(8):
            api.upload(f"project-{number}")

        answer = api.ask("GET", "/api/projects", headers={"Accept-Encoding": accept})

        assert answer.headers.get("Content-Encoding") == encoding
        assert len(json.loads(unpack(answer.data))["projects"]) == 8

    def test_not_for_a_few_bytes(self, api):
        answer = api.ask("GET", "/api/version", headers={"Accept-Encoding": "gzip"})

        assert "Content-Encoding" not in answer.headers


def test_fixed_headers_are_on_all_answers_of_the_api(tmp_path):
    config = {
        "server.http.headers.X-One": "1",
        "server.authenticator.basic.username": "dana",
        "server.authenticator.basic.password": "s3cret",
    }
    with parts(tmp_path, config) as made:
        client = Client(made.application)

        for path in ("/api/version", "/api/projects", "/api/nothing"):
            assert client.get(path).headers["X-One"] == "1"
        assert "X-One" not in client.get("/health").headers


def test_git_is_below_its_path(api):
    answer = api.ask("GET", "/git/none.git/info/refs?service=git-upload-pack")

    assert answer.status_code == 404
    assert "application/json" not in answer.content_type
