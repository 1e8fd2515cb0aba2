from __future__ import annotations

from tests.support.cli import field


def test_list(digbot, scheduled):
    ran = digbot("schedules", scheduled)

    out = ran.ok()
    assert out.startswith("Schedules:\n  id: ")
    assert out.endswith("2 entries.\n")
    assert field(out, "project") == scheduled
    assert "(in " in field(out, "next scheduled to run at")
    assert "digbot workflows" in ran.err
    assert f"project: {scheduled}\n" in digbot("schedule").ok()
