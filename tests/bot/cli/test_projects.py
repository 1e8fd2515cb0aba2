from __future__ import annotations

from tests.support.cli import field


def test_list_and_one(digbot, project):
    ran = digbot("projects", project)

    out = ran.ok()
    assert out.startswith("Projects\n  name: ")
    assert field(out, "name") == project
    assert field(out, "revision") == "r-1"
    assert "Use `digbot workflows <project-name>` to show details." in ran.err
    assert f"name: {project}\n" in digbot("list", "--count", "1000").ok()
    assert field(digbot("projects", "--name", project).ok(), "name") == project
    assert digbot("projects", "--last-id", "99999").ok() == "Projects\n"


def test_missing(digbot, project):
    ran = digbot("projects", project + "x")

    assert ran.code == 1
    assert ran.err.startswith(f"error: Project '{project}x' does not exist.")
    assert f"'{project}'" in ran.err
