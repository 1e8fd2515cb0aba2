from __future__ import annotations

from tests.support.cli import field


def test_skip(digbot, scheduled):
    digbot("disable", scheduled, "main").ok()
    before = field(digbot("schedules", scheduled).ok(), "next session time")

    refused = digbot("enable", scheduled, "main", "--skip")
    skipped = digbot("enable", scheduled, "main", "--skip", "--next-time", "2999-01-01T00:00:00Z")

    assert refused.code == 1
    assert "Specified time to skip schedules is already past" in refused.err
    assert skipped.code == 0
    after = field(digbot("schedules", scheduled).ok(), "next session time")
    assert (before[:4], after[:4]) != ("2999", before[:4])
    assert after.startswith(("2998", "2999"))


def test_a_time_needs_a_skip(digbot, scheduled):
    assert digbot("enable", scheduled, "--next-time", "2999-01-01T00:00:00Z").code == 2
