from __future__ import annotations

from importlib.metadata import version

import pytest

from webhooks.api.version import is_older


def test_version(api):
    assert api.get("/api/version") == {"version": version("digbot")}


def test_check(api):
    assert api.get("/api/version/check", client="0.10.5") == {
        "serverVersion": version("digbot"),
        "upgradeRecommended": False,
        "apiCompatible": True,
    }
    assert api.refused("GET", "/api/version/check")[0] == 400


@pytest.mark.parametrize(
    ("client", "than", "expected"),
    [
        ("0.10.5", None, False),
        ("0.9.9", "0.10", True),
        ("0.10.0", "0.10", False),
        ("0.10-SNAPSHOT", "0.10", False),
        ("x", "0.1", True),
    ],
)
def test_older(client, than, expected):
    assert is_older(client, than) is expected
