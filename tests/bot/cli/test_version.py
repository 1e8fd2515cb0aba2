from __future__ import annotations

from importlib.metadata import version


def test_of_both(digbot, server):
    number = version("digbot")

    assert digbot("version").ok() == f"Client version: {number}\nServer version: {number}\n"


def test_without_a_server(digbot):
    ran = digbot("version", "-e", "127.0.0.1:1")

    assert ran.code == 1
    assert "nothing listens there; is `digbot server` running?" in ran.err
