import os

from engine.command import table
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


def test_a_file_of_another_form_is_passed_over(tmp_path):
    (tmp_path / "commands").write_bytes(table.boot_id().encode() + b"x" * 50)
    assert leftovers(tmp_path) == []
    (tmp_path / "commands").write_bytes(b"")
    assert leftovers(tmp_path) == []


def test_a_new_server_knows_what_was_left_until_it_starts_commands(tmp_path):
    Registry(tmp_path).started(me())
    new = Registry(tmp_path)
    assert leftovers(tmp_path) == [me()]
    new.started(Started(99_999, 1, 2))
    assert leftovers(tmp_path) == []


def test_places_are_used_again_and_may_run_out(tmp_path):
    mine = Registry(tmp_path)
    for pid in range(100_000, 110_000):
        mine.started(Started(pid, 1, 2))
        mine.ended(pid)
    mine.started(me())
    for pid in range(200_000, 210_000):
        mine.started(Started(pid, 1, 2))
    mine.ended(205_000)
    assert leftovers(tmp_path) == [me()]


def test_a_list_that_cannot_be_written_keeps_no_command_from_running(tmp_path, caplog):
    (tmp_path / "run").write_text("in the way")
    mine = Registry(tmp_path / "run")
    mine.started(me())
    mine.ended(me().pid)
    assert "are not noted" in caplog.text
