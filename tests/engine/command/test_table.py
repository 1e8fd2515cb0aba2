import os
import subprocess

from engine.command import table


def test_a_process_began_between_two_looks_at_the_clock():
    before = table.uptime_ticks()
    with subprocess.Popen(["sleep", "60"]) as process:
        after = table.uptime_ticks()
        assert before - 1 <= table.start_ticks(process.pid) <= after + 1
        process.kill()
    assert table.start_ticks(process.pid) is None


def test_only_living_members_keep_a_group_alive():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    assert {process.pid, os.getpgrp()} <= table.live_groups()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process.pid not in table.live_groups()
    process.wait()


def test_systems_without_proc_are_asked_by_ps(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "_PROC", tmp_path)
    assert os.getpgrp() in table.live_groups()
    assert table.boot_id() == ""
