from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with one project."""
    path = tmp_path / "shop"
    (path / "etl").mkdir(parents=True)
    (path / "etl" / "main.dig").write_text("+a:\n  echo>: one\n")
    git(path, "init", "--quiet", "--initial-branch", "main")
    commit(path)
    return path


def git(path: Path, *words: str) -> None:
    person = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"]
    subprocess.run(["git", *person, *words], cwd=path, check=True, capture_output=True)


def commit(path: Path) -> None:
    git(path, "add", ".")
    git(path, "commit", "--quiet", "--message", "change")


def test_add_deploys_at_once(api, origin):
    answer = api.fine(
        "PUT", "/api/digbot/repositories", {"url": f"file://{origin}", "pollSeconds": 3600}
    )

    repository = answer["repository"]
    assert repository["name"] == "shop"
    assert repository["url"] == f"file://{origin}"
    assert repository["projects"] == ["etl"]
    assert repository["error"] is None
    assert any("etl" in line and "deployed" in line for line in answer["report"])
    assert api.get("/api/digbot/repositories") == {"repositories": [repository]}
    assert api.get("/api/projects", name="etl")["projects"]


def test_sync_and_remove(api, origin):
    api.fine("PUT", "/api/digbot/repositories", {"url": f"file://{origin}"})
    (origin / "etl" / "main.dig").write_text("+a:\n  echo>: two\n")
    commit(origin)

    answer = api.fine("POST", "/api/digbot/repositories/shop/sync")

    assert any("r2" in line for line in answer["report"])
    removed = api.fine("DELETE", "/api/digbot/repositories/shop")
    assert removed["projects"] == ["etl"]
    assert api.get("/api/digbot/repositories") == {"repositories": []}
    assert api.get("/api/projects", name="etl")["projects"]


def test_what_is_refused_is_named_until_it_is_mended(api, origin):
    api.fine("PUT", "/api/digbot/repositories", {"url": f"file://{origin}"})
    (origin / "etl" / "main.dig").write_text("+a:\n  eco>: two\n")
    commit(origin)

    answer = api.fine("POST", "/api/digbot/repositories/shop/sync")

    assert answer["repository"]["refused"] == ["etl"]
    (origin / "etl" / "main.dig").write_text("+a:\n  echo>: two\n")
    commit(origin)
    answer = api.fine("POST", "/api/digbot/repositories/shop/sync")
    assert answer["repository"]["refused"] == []


def test_one_that_cannot_be_fetched_is_kept_with_its_error(api, tmp_path):
    url = f"file://{tmp_path}/absent"

    answer = api.fine("PUT", "/api/digbot/repositories", {"url": url})

    assert answer["repository"]["error"]
    assert answer["report"][0].endswith("it is tried again")


@pytest.mark.parametrize(
    "body", [{}, {"url": ""}, {"url": 5}, {"url": "file:///x", "pollSeconds": "60s"}, []]
)
def test_requests_that_cannot_be_read(api, body):
    assert api.refused("PUT", "/api/digbot/repositories", body)[0] == 400


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/sync")])
def test_missing(api, method, path):
    assert api.refused(method, f"/api/digbot/repositories/none{path}")[0] == 404
