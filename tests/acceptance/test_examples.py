"""What lies in examples/ is right by our own check, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.server import BIN, clean_environment, run

SHOP = Path(__file__).parents[2] / "examples/shop"


@pytest.mark.parametrize(("project", "warnings"), [("etl", 0), ("report", 1)])
def test_the_check_finds_no_mistake(project, warnings, tmp_path):
    """The one warning: Digdag's own server does not know `trigger:`."""
    command = [str(BIN / "digbot"), "check", "--project", str(SHOP / project)]

    checked = run(command, clean_environment(tmp_path), tmp_path)

    assert checked.returncode == 0, checked.text
    assert checked.text.count("[portability]") == warnings
    assert checked.text.count("warning: ") == warnings


def test_orders_run_without_a_server(tmp_path):
    environment = clean_environment(tmp_path) | {"SHOP_LAKE": str(tmp_path / "lake")}
    words = [
        "run",
        "--project",
        str(SHOP / "etl"),
        "orders",
        "--session",
        "2026-11-20",
        "--no-save",
    ]

    done = run([str(BIN / "digbot"), *words], environment, tmp_path)

    assert done.returncode == 0, done.text
    assert "2026-11-20T00 | " in done.text
    assert sorted(path.name for path in (tmp_path / "lake/2026-11-20T00/clean").iterdir()) == [
        "america.csv",
        "asia.csv",
        "europe.csv",
    ]
