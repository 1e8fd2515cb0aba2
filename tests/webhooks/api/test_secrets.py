from __future__ import annotations

import pytest


@pytest.fixture
def path(api) -> str:
    return f"/api/projects/{api.upload()['id']}/secrets"


def test_set_list_delete(api, path):
    answer = api.fine("PUT", f"{path}/pg.password", {"value": "s3cret"})

    assert answer["key"] == "pg.password"
    assert set(answer) == {"key", "project"}
    api.fine("PUT", f"{path}/a", {"value": ""})
    assert api.get(f"{path}/") == {"secrets": [{"key": "a"}, {"key": "pg.password"}]}
    api.fine("DELETE", f"{path}/a")
    assert api.get(path) == {"secrets": [{"key": "pg.password"}]}
    assert api.fine("DELETE", f"{path}/never.there")["key"] == "never.there"


def test_values_are_stored_encrypted(api, path):
    api.fine("PUT", f"{path}/a", {"value": "find-me-not"})

    stored = b"".join(
        file.read_bytes() for file in api.parts.engine.data_dir.rglob("*") if file.is_file()
    )
    assert b"find-me-not" not in stored


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("1a", "x"), ("a-", "x"), ("a..b", "x"), ("a b", "x"), ("ä", "x"), ("a" * 256, "x"),
        ("a", None), ("a", 5), ("a", "x" * 16385), ("a", "é" * 8193),
    ],
)  # fmt: skip
def test_invalid(api, path, key, value):
    assert api.refused("PUT", f"{path}/{key}", {"value": value}) == (400, "Invalid secret")


def test_the_longest_value(api, path):
    api.fine("PUT", f"{path}/a", {"value": "x" * 16384})


def test_invalid_keys_cannot_be_deleted(api, path):
    assert api.refused("DELETE", f"{path}/1a") == (400, "Invalid secret")


def test_of_no_project(api):
    assert api.refused("GET", "/api/projects/9/secrets")[0] == 404
    assert api.refused("PUT", "/api/projects/9/secrets/a", {"value": "x"})[0] == 404
