from __future__ import annotations

import io

import pytest

from tests.support.cli import field


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_asks_first(digbot, project, monkeypatch, answer):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    ran = digbot("delete", project)

    assert field(ran.ok(), "latest revision") == "r-1"
    assert "Are you sure you want to delete this project? [y/N]: " in ran.err
    assert f"Project '{project}' is deleted." in ran.err
    assert digbot("projects", project).code == 1


@pytest.mark.parametrize("answer", ["", "\n", "no\n"])
def test_anything_else_is_no(digbot, project, monkeypatch, answer):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    ran = digbot("delete", project)

    assert ran.code == 1
    assert "error: canceled." in ran.err
    assert digbot("projects", project).code == 0


def test_force_does_not_ask(digbot, project):
    assert "Are you sure" not in digbot("delete", project, "--force").err
