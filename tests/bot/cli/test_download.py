from __future__ import annotations

from pathlib import Path


def test_extracts_the_current_or_a_named_revision(digbot, project):
    Path("run.sh").write_text("#!/bin/sh\n")
    Path("run.sh").chmod(0o755)
    Path("link").symlink_to("run.sh")
    digbot("push", project, "-r", "r-2").ok()
    Path("../kept").mkdir()
    Path("../kept/mine.txt").write_text("mine")
    Path("../kept/main.dig").write_text("old")

    out = digbot("download", project, "-o", "../kept").ok()

    assert "  ../kept/main.dig\n" in out
    assert "  ../kept/link -> run.sh\n" in out
    assert f"Extracted project '{project}' revision 'r-2' to ../kept." in out
    assert Path("../kept/main.dig").read_text().startswith("timezone: Asia/Tokyo")
    assert Path("../kept/run.sh").stat().st_mode & 0o100
    assert Path("../kept/mine.txt").read_text() == "mine"
    digbot("download", project, "-r", "r-1").ok()
    assert sorted(path.name for path in Path(project).iterdir()) == ["main.dig"]


def test_missing(digbot, project):
    ran = digbot("download", project, "-r", "r-9")

    assert ran.code == 1
    assert "Project archive of revision 'r-9' does not exist." in ran.err
