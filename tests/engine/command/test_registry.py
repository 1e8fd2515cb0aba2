import os

from engine.command import registry, table
from engine.command.registry import Registry, Started, leftovers

NOW = table.start_ticks(os.getpid())


def me(**changes):
    return Started(**{"pid": os.getpid(), "after": NOW, "before": NOW} | changes)


def test_what_began_and_did_not_end_is_left_over(tmp_path):
    mine = Registry(tmp_path / "run")
    mine.started(me())
    assert leftovers(tmp_path / "run") == [me()]
    mine.ended(me().pid)
    assert leftovers(tmp_path / "run") == []


def test_another_process_with_the_same_id_is_not_taken_for_it(tmp_path):
    mine = Registry(tmp_path)
    mine.started(me(after=NOW - 500, before=NOW - 400))
    assert leftovers(tmp_path) == []


def test_after_a_boot_nothing_is_left(tmp_path, monkeypatch):
    Registry(tmp_path).started(me())
    monkeypatch.setattr(table, "boot_id", lambda: "another")
    assert leftovers(tmp_path) == []


def test_a_folder_without_a_list_has_no_leftovers(tmp_path):
    assert leftovers(tmp_path / "missing") == []


def test_a_line_cut_off_by_a_crash_is_passed_over(tmp_path):
    Registry(tmp_path).started(me())
    with open(tmp_path / "commands", "a") as file:
        file.write("start 17")
    assert leftovers(tmp_path) == [me()]


def test_the_list_stays_small(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_COMPACT_AT", 1000)
    mine = Registry(tmp_path)
    mine.started(me())
    for pid in range(100_000, 101_000):
        mine.started(Started(pid, 1, 2))
        mine.ended(pid)
    assert (tmp_path / "commands").stat().st_size < 2000
    assert leftovers(tmp_path) == [me()]
