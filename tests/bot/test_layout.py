"""Which folders are projects, and pushes that would lose one by accident."""

import pytest

from bot.git.tree import Repository
from bot.layout import Layout, Place, declaration, lost, read
from bot.settings import ProjectSettings
from tests.support.git import WorkTree


def layout(work: WorkTree, opened: Repository, name: str = "shop") -> Layout:
    return read(opened, opened.commit(work.head).tree, name)


def places(found: Layout) -> dict[str, str]:
    return {project.name: project.path for project in found.projects.values()}


def losses(work: WorkTree, opened: Repository, *before: tuple[str, str]) -> list[str]:
    tree = opened.commit(work.head).tree
    was = [Place(*pair) for pair in before]
    return [problem.message for problem in lost(opened, tree, layout(work, opened), was)]


def test_workflows_at_the_root_make_one_project(work: WorkTree, opened: Repository) -> None:
    work.commit({"a.dig": "", "etl/b.dig": ""})
    assert places(layout(work, opened)) == {"shop": "."}


def test_otherwise_each_folder_that_has_some(work: WorkTree, opened: Repository) -> None:
    work.commit(
        {
            "README.md": "",
            "etl/a.dig": "",
            "report/b.dig": "",
            "docs/c.txt": "",
            "deep/er/d.dig": "",
            ".hidden/e.dig": "",
            "dot/.f.dig": "",
            "linked/g.dig": "-> ../etl/a.dig",
        }
    )
    found = layout(work, opened)
    assert places(found) == {"etl": "etl", "linked": "linked", "report": "report"}
    assert not found.declared


def test_nothing_is_a_project(work: WorkTree, opened: Repository) -> None:
    work.commit({"README.md": "", ".a.dig": ""})
    assert places(layout(work, opened)) == {}


def test_the_file_decides(work: WorkTree, opened: Repository) -> None:
    work.commit({"digbot.yml": "projects: {x: {path: etl}}", "etl/a.dig": "", "report/b.dig": ""})
    found = layout(work, opened)
    assert found.declared
    assert found.projects == {"x": ProjectSettings("x", "etl")}


def test_a_file_that_names_no_projects_leaves_it_to_looking(
    work: WorkTree, opened: Repository
) -> None:
    work.commit({"digbot.yml": "on_error: accept", "etl/a.dig": ""})
    found = layout(work, opened)
    assert not found.declared
    assert found.settings.on_error == "accept"
    assert places(found) == {"etl": "etl"}


def test_an_invalid_file(work: WorkTree, opened: Repository) -> None:
    work.commit({"digbot.yml": "projects: 1", "etl/a.dig": ""})
    assert [p.position.line for p in layout(work, opened).problems if p.position] == [1]
    work.commit({"digbot.yml": None})
    work.commit({"digbot.yml": "-> etl/a.dig"})
    (problem,) = layout(work, opened).problems
    assert problem.message == "digbot.yml must be a file, it is a link"


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        ("2024-reports", 'projects: {project-2024-reports: {path: "2024-reports"}}'),
        ("+x", 'projects: {x: {path: "+x"}}'),
        ("a.dig", "projects: {a: {path: a.dig}}"),
    ],
)
def test_a_folder_that_cannot_name_a_project(
    work: WorkTree, opened: Repository, folder: str, shown: str
) -> None:
    work.commit({f"{folder}/a.dig": ""})
    (problem,) = layout(work, opened).problems
    assert problem.message.startswith(
        f"the folder '{folder}': '{folder}' cannot be a project's name"
    )
    assert problem.message.endswith(f"; give it a name in digbot.yml: {shown}")


def test_the_entry_that_is_shown_is_a_file_that_works(work: WorkTree, opened: Repository) -> None:
    text = declaration(
        [Place("a b", "x y"), Place("true", "no"), Place("etl", "."), Place("é", "ü")]
    )
    work.commit({"digbot.yml": text})
    found = layout(work, opened)
    assert found.problems == ()
    assert places(found) == {"a b": "x y", "true": "no", "etl": ".", "é": "ü"}


def test_a_stray_workflow_at_the_root(work: WorkTree, opened: Repository) -> None:
    work.commit({"x.dig": "", "etl/a.dig": "", "report/b.dig": ""})
    assert losses(work, opened, ("etl", "etl"), ("report", "report")) == [
        f"project '{name}' would disappear: the .dig files at the root make the whole repository "
        f"one project, shop; to keep it, write digbot.yml: "
        "projects: {etl: {path: etl}, report: {path: report}}"
        for name in ("etl", "report")
    ]


def test_a_folder_deleted_whole_is_no_accident(work: WorkTree, opened: Repository) -> None:
    work.commit({"etl/a.dig": ""})
    assert losses(work, opened, ("etl", "etl"), ("report", "report")) == []


def test_a_folder_without_workflows_left(work: WorkTree, opened: Repository) -> None:
    work.commit({"etl/a.dig": "", "report/query.sql": ""})
    (message,) = losses(work, opened, ("etl", "etl"), ("report", "report"))
    assert "'report' would disappear: its folder is still there, but has no .dig file" in message


def test_a_project_that_would_move(work: WorkTree, opened: Repository) -> None:
    work.commit({"shop/a.dig": ""})
    (message,) = losses(work, opened, ("shop", "."))
    assert message == (
        "project 'shop' would move from the root to the folder 'shop'; "
        "to keep it, write digbot.yml: projects: {shop: {path: .}}"
    )


def test_a_root_project_that_is_taken_apart(work: WorkTree, opened: Repository) -> None:
    work.commit({"etl/a.dig": ""})
    (message,) = losses(work, opened, ("shop", "."))
    assert "'shop' would disappear" in message
    assert "projects: {shop: {path: .}, etl: {path: etl}}" in message


def test_a_repository_that_is_emptied_is_no_accident(work: WorkTree, opened: Repository) -> None:
    work.commit({"README.md": ""})
    assert losses(work, opened, ("shop", ".")) == []
    assert losses(work, opened, ("etl", "etl")) == []


def test_what_the_file_says_is_meant(work: WorkTree, opened: Repository) -> None:
    work.commit({"digbot.yml": "projects: {}", "etl/a.dig": ""})
    assert losses(work, opened, ("etl", "etl")) == []


def test_the_file_itself_may_get_lost(work: WorkTree, opened: Repository) -> None:
    work.commit({"pipelines/etl/a.dig": ""})
    (message,) = losses(work, opened, ("etl", "pipelines/etl"))
    assert "write digbot.yml: projects: {etl: {path: pipelines/etl}}" in message
