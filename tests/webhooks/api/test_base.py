from __future__ import annotations

import gzip
import json
import zlib

import pytest


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/projects/x",
            "/api/projects/-1",
            "/api/projects/99999999999999999999",
            "/api/projects/9223372036854775808",
            "/api/projects/1.5",
            "/api/nothing",
            "/api",
            "/",
            "/api/projects?count=x",
            "/api/sessions?page_size=1e9",
            "/api/attempts?last_id=999999999999999999999",
        ],
    )
    def test_of_the_wrong_form(self, api, path):
        assert api.refused("GET", path)[0] == 404

    def test_a_trailing_slash_is_accepted(self, api):
        assert api.get("/api/projects/") == {"projects": []}

    def test_head_and_options(self, api):
        assert api.ask("HEAD", "/api/projects").status_code == 200
        assert "GET" in api.ask("OPTIONS", "/api/projects").headers["Allow"]


class TestSizes:
    def test_too_many(self, api):
        assert api.refused("GET", "/api/sessions?page_size=200") == (
            400,
            "Your specified page_size is Optional.of(200), but it is larger than MAX_PAGE_SIZE: "
            "100. You must specify page_size with a number which is smaller than 100.",
        )

    def test_none_and_fewer(self, api):
        api.start(api.upload())

        assert api.get("/api/sessions", page_size=0) == {"sessions": []}
        assert api.refused("GET", "/api/sessions?page_size=-1")[0] == 400


class TestBodies:
    @pytest.mark.parametrize(
        ("data", "content_type"),
        [
            (b"{", "application/json"),
            (b"[" * 100_000, "application/json"),
            (b"\xff\xfe", "application/json"),
            (b"{}", "text/plain"),
            (b"[]", "application/json"),
            (b"null", "application/json"),
            (b"", "application/json"),
        ],
    )
    def test_that_cannot_be_read(self, api, data, content_type):
        answer = api.ask("PUT", "/api/attempts", data=data, content_type=content_type)

        assert answer.status_code == 400
        assert answer.json["message"]

    @pytest.mark.parametrize(
        ("encoding", "pack"),
        [
            ("gzip", gzip.compress),
            ("deflate", zlib.compress),
            ("deflate", lambda data: zlib.compress(data, wbits=-15)),
            ("identity", bytes),
        ],
    )
    def test_may_be_compressed(self, api, encoding, pack):
        project = api.upload()
        body = {"workflowId": api.workflow_id(project), "sessionTime": "2024-01-01T00:00:00Z"}
        data = pack(json.dumps({**body, "params": {}}).encode())

        answer = api.ask(
            "PUT",
            "/api/attempts",
            data=data,
            content_type="application/json",
            headers={"Content-Encoding": encoding},
        )

        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize(
        ("encoding", "word"), [("br", "br is not known"), ("gzip", "not gzip")]
    )
    def test_compressed_in_another_way(self, api, encoding, word):
        answer = api.ask(
            "PUT",
            "/api/attempts",
            data=b"{}",
            content_type="application/json",
            headers={"Content-Encoding": encoding},
        )

        assert answer.status_code == 400
        assert word in answer.json["message"]

    def test_that_swell_are_refused(self, api):
        answer = api.ask(
            "PUT",
            "/api/attempts",
            data=gzip.compress(b" " * 50_000_000),
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )

        assert answer.status_code == 400
        assert "exceeds" in answer.json["message"]
