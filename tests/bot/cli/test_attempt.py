from __future__ import annotations

from tests.support.cli import field


def test_shows_digdags_fields_then_ours(digbot, attempt, project):
    out = digbot("attempt", attempt).ok()

    keys = [line.strip().partition(":")[0] for line in out.splitlines() if line]
    assert keys == [
        "session id", "attempt id", "uuid", "project", "workflow", "session time",
        "retry attempt name", "params", "created at", "finished at", "kill requested", "status",
        "revision", "commit",
    ]  # fmt: skip
    assert field(out, "project") == project
    assert field(out, "status") == "success"


def test_the_id_is_a_number(digbot):
    assert digbot("attempt", "x").code == 2
