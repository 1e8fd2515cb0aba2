from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.local.state import StateFolder, saved_times
from engine.outcome import TaskResult

DAY = datetime(2024, 1, 2, tzinfo=UTC)
RESULT = TaskResult({"+x": {"echo>": "y"}}, {"e": 1}, {"s": "ä"}, ("a.b",))


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path, DAY, "Asia/Tokyo")
    folder.save("+wf+a/b", RESULT)
    assert folder.load("+wf+a/b") == RESULT
    assert folder.path.name == "20240102T090000+0900"


def test_what_is_missing_or_broken_counts_as_not_done(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path, DAY, "UTC")
    assert folder.load("+wf+a") is None
    folder.save("+wf+a", RESULT)
    next(folder.path.iterdir()).write_text("{")
    assert folder.load("+wf+a") is None


def test_the_newest_run_of_a_workflow_comes_first(tmp_path: Path) -> None:
    later = datetime(2024, 1, 3, tzinfo=UTC)
    StateFolder(tmp_path, DAY, "UTC").save("+wf+a", RESULT)
    StateFolder(tmp_path, later, "UTC").save("+wf^error", RESULT)
    StateFolder(tmp_path, datetime(2024, 1, 4, tzinfo=UTC), "UTC").save("+wf2+a", RESULT)
    (tmp_path / "notes").mkdir()
    assert list(saved_times(tmp_path, "wf")) == [later, DAY]
    assert list(saved_times(tmp_path / "none", "wf")) == []
