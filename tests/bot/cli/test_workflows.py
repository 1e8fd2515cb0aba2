from __future__ import annotations


def test_lists_and_shows(digbot, project):
    listed = digbot("workflows", project)

    assert listed.ok() == f"  {project}\n    main\n"
    assert "Use `digbot workflows <project-name> <name>`" in listed.err
    assert f"  {project}\n    main\n" in digbot("workflows", "--count", "1000").ok()
    assert digbot("workflows", project, "main").ok() == "+a:\n  echo>: hello\n"
    assert digbot("workflows", "--name", "nothing-like-it").ok() == ""


def test_mistakes(digbot, project):
    missing = digbot("workflows", project, "man")

    assert missing.code == 1
    assert "Workflow 'man' does not exist" in missing.err
    assert "'main'" in missing.err
    assert digbot("workflows", "--order", "ascending").code == 2
