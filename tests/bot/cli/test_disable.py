from __future__ import annotations

from tests.support.cli import field


def test_disable_and_enable_all_of_a_project(digbot, scheduled):
    disabled = digbot("disable", scheduled).ok()

    assert disabled.count("Disabled schedule id: ") == 2
    assert field(digbot("schedules", scheduled).ok(), "disabled at")
    assert digbot("enable", scheduled).ok().count("Enabled schedule id: ") == 2
    assert field(digbot("schedules", scheduled).ok(), "disabled at") == ""


def test_one_by_name_and_by_id(digbot, scheduled):
    first = field(digbot("schedules", scheduled).ok(), "id")

    assert digbot("disable", scheduled, "main").ok() == f"Disabled schedule id: {first}\n"
    assert digbot("enable", first).ok() == f"Enabled schedule id: {first}\n"


def test_mistakes(digbot, scheduled):
    assert digbot("disable", scheduled, "mian").code == 1
    assert digbot("disable", "99999").code == 1
    assert digbot("disable").code == 2
