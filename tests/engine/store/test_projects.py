from datetime import timedelta

import pytest

from engine.errors import Conflict, NotFound
from engine.model import Project
from engine.store import projects, schedules, triggers
from engine.store.database import Database
from tests.support.store import NOW, Shop, add_revision

LATER = NOW + timedelta(days=1)


def named(tx, *names: str) -> list[Project]:
    return [projects.insert_project(tx, name, now=NOW) for name in names]


# Projects


def test_a_project_is_found_by_name_and_by_id(database: Database) -> None:
    with database.transaction() as tx:
        (made,) = named(tx, "etl")
        assert made == Project(made.id, "etl", NOW)
        assert projects.find_project(tx, "etl") == made
        assert projects.project_named(tx, "etl") == made
        assert projects.project(tx, made.id, lock=True) == made


def test_what_is_missing_is_said_in_the_words_of_the_api(database: Database) -> None:
    with database.read() as tx:
        assert projects.find_project(tx, "etl") is None
        for call, message in [
            (lambda: projects.project_named(tx, "etl"), "project name=etl"),
            (lambda: projects.project(tx, 7), "project id=7"),
            (lambda: projects.definition(tx, 7), "workflow id=7"),
            (lambda: projects.workflow_row(tx, 7), "workflow id=7"),
            (lambda: projects.revision_named(tx, 7, "r"), "revision name=r in project id=7"),
        ]:
            with pytest.raises(NotFound) as caught:
                call()
            assert str(caught.value) == f"Resource does not exist: {message}"


def test_a_living_name_is_taken_once(database: Database) -> None:
    with database.transaction() as tx:
        named(tx, "etl")
        with pytest.raises(Conflict, match="Resource already exists: project name=etl"):
            named(tx, "etl")
        named(tx, "ETL")  # another name; the transaction goes on


def test_deleting_frees_the_name_and_takes_schedules_and_triggers(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        schedules.insert_schedule(
            tx,
            project_id=shop.project.id,
            workflow_name="etl",
            definition_id=shop.etl.id,
            next_run_time=NOW,
            next_schedule_time=NOW,
            now=NOW,
        )
        projects.delete_project(tx, shop.project.id, now=LATER)
        with pytest.raises(NotFound) as caught:
            projects.living_project(tx, shop.project.id)
        assert (
            str(caught.value)
            == f"Project id={shop.project.id} is already deleted at 2026-01-03T12:00:00.123Z"
        )
        assert projects.find_project(tx, "shop") is None
        assert projects.find_current_definition(tx, shop.project.id, "etl") is None
        assert projects.workflow_rows(tx) == []
        assert schedules.schedule_rows(tx) == []
        assert triggers.all_triggers(tx) == []
        again = projects.insert_project(tx, "shop", now=LATER)
        assert again.id > shop.project.id
        assert projects.project(tx, shop.project.id).deleted_at == LATER


def test_the_list_has_living_projects_with_their_current_revision(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        a, b, c = named(tx, "a_b", "aXb", "gone")
        projects.delete_project(tx, c.id, now=NOW)
        rows = projects.project_rows(tx)
        assert [row.project.name for row in rows] == ["shop", "a_b", "aXb"]
        assert rows[0].revision == shop.revision
        assert rows[1].revision is None
        assert [row.project for row in projects.project_rows(tx, last_id=a.id)] == [b]
        assert len(projects.project_rows(tx, limit=2)) == 2
        assert projects.project_rows(tx, name="aXb", last_id=b.id)[0].project == b
        assert projects.project_rows(tx, name="nobody") == []


@pytest.mark.parametrize(
    ("part", "found"), [("", 3), ("b", 2), ("_", 1), ("B", 0), ("%", 0), ("hop", 1)]
)
def test_a_part_of_a_name_is_looked_for_literally(shop: Shop, part: str, found: int) -> None:
    with shop.database.transaction() as tx:
        named(tx, "a_b", "aXb")
        assert len(projects.project_rows(tx, name_pattern=part)) == found


def test_projects_of_a_repository(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        b = projects.insert_project(tx, "b", now=NOW, repository_id=5)
        projects.set_repository(tx, shop.project.id, 5)
        found = projects.projects_of_repository(tx, 5)
        assert [project.name for project in found] == ["b", "shop"]
        projects.set_repository(tx, b.id, None)
        assert [project.name for project in projects.projects_of_repository(tx, 5)] == ["shop"]


def test_several_projects_in_one_query(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        (gone,) = named(tx, "gone")
        projects.delete_project(tx, gone.id, now=NOW)
        assert list(projects.find_projects(tx, ["shop", "gone", "x"])) == ["shop"]
        assert set(projects.projects(tx, [shop.project.id, gone.id])) == {
            shop.project.id,
            gone.id,
        }
        assert projects.find_projects(tx, []) == {}


# Revisions and deployments


def test_revisions_are_numbered_per_project(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        (other,) = named(tx, "other")
        second = add_revision(tx, shop.project, "def456")
        first = add_revision(tx, other, "def456")
        assert (shop.revision.number, second.number, first.number) == (1, 2, 1)
        assert projects.revisions_of(tx, shop.project.id) == [second, shop.revision]
        assert projects.revisions_of(tx, shop.project.id, last_id=second.id) == [shop.revision]
        assert projects.revisions_of(tx, shop.project.id, limit=1) == [second]


def test_a_revision_name_is_taken_once_per_project(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        with pytest.raises(Conflict) as caught:
            add_revision(tx, shop.project, "abc123")
        assert (
            str(caught.value)
            == f"Resource already exists: revision=abc123 in project id={shop.project.id}"
        )


def test_a_taken_name_gets_a_number(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        assert projects.free_revision_name(tx, shop.project.id, "v1") == "v1"
        assert projects.free_revision_name(tx, shop.project.id, "abc123") == "abc123-2"
        add_revision(tx, shop.project, "abc123-2")
        add_revision(tx, shop.project, "abc123-2x")
        assert projects.free_revision_name(tx, shop.project.id, "abc123") == "abc123-3"
        assert projects.free_revision_name(tx, shop.project.id, "abc") == "abc"


def test_a_revision_is_found_by_name_number_and_content(shop: Shop) -> None:
    project_id = shop.project.id
    with shop.database.transaction() as tx:
        twin = add_revision(tx, shop.project, "x", content_hash=shop.revision.content_hash)
        assert projects.find_revision(tx, project_id, name="abc123") == shop.revision
        assert projects.find_revision(tx, project_id, number=2) == twin
        by_content = projects.find_revision(tx, project_id, content_hash=shop.revision.content_hash)
        assert by_content == twin
        assert projects.find_revision(tx, project_id, name="nope") is None
        assert projects.revision(tx, twin.id) == twin


def test_user_info_can_be_completed(shop: Shop) -> None:
    info = {"git": {"number": 1, "commit": "abc"}}
    with shop.database.transaction() as tx:
        projects.set_user_info(tx, shop.revision.id, info)
        assert projects.revision(tx, shop.revision.id).user_info == info


def test_deployments_say_what_made_a_revision_current(shop: Shop) -> None:
    project_id = shop.project.id
    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        made = projects.insert_deployment(
            tx,
            project_id,
            second.id,
            action="deployed",
            requested_by="push",
            now=NOW,
            repository_id=1,
            commit="def4567890",
            ref="refs/heads/main",
            tag="v1",
            author="Zoë \ud800",
            subject="A change\0",
            committed_at=NOW,
        )
        back = projects.insert_deployment(
            tx, project_id, shop.revision.id, action="rolled_back", requested_by="push", now=NOW
        )
        assert made.author == "Zoë \ud800"
        assert projects.deployment(tx, made.id) == made
        assert projects.last_deployment(tx, project_id) == back
        assert projects.last_deployment(tx, project_id, revision_id=second.id) == made
        assert projects.deployments_of(tx, project_id, last_id=back.id) == [made, shop.deployment]
        assert projects.revisions_of_commit(tx, project_id, "def4567") == [second]
        assert projects.revisions_of_commit(tx, project_id, "fff") == []


# Definitions


def test_workflows_of_a_revision_in_their_order(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        assert projects.definitions_of(tx, shop.revision.id) == [shop.etl, shop.report]
        assert shop.etl.config == {"+a": {"echo>": "a"}, "+b": {"echo>": "b"}}
        assert list(shop.etl.config) == ["+a", "+b"]
        assert projects.definition(tx, shop.etl.id) == shop.etl
        assert projects.find_definition(tx, shop.revision.id, "report") == shop.report
        assert projects.find_definition(tx, shop.revision.id, "nope") is None


def test_equal_text_is_stored_once(shop: Shop) -> None:
    from sqlalchemy import func, select

    from engine.store import tables

    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        made = projects.insert_definitions(
            tx, second, [("etl", "UTC", shop.etl.config), ("copy", "UTC", shop.etl.config)]
        )
        count = tx.execute(select(func.count()).select_from(tables.definition_configs)).scalar()
    assert [definition.config for definition in made] == [shop.etl.config] * 2
    assert made[0].id > shop.report.id
    assert count == 2


def test_a_revision_without_workflows(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        empty = add_revision(tx, shop.project, "empty")
        assert projects.insert_definitions(tx, empty, []) == []


def test_the_current_revision_decides_what_is_listed(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        (etl,) = projects.insert_definitions(tx, second, [("etl", "UTC", {"+x": {}})])
        assert projects.find_current_definition(tx, shop.project.id, "etl") == shop.etl
        projects.set_current(tx, shop.project.id, second.id)
        assert projects.find_current_definition(tx, shop.project.id, "etl") == etl
        assert projects.find_current_definition(tx, shop.project.id, "report") is None
        (row,) = projects.workflow_rows(tx)
        assert (row.definition, row.project_name, row.revision_name) == (etl, "shop", "def456")
        assert projects.workflow_row(tx, shop.etl.id).revision_name == "abc123"


def test_workflows_are_paged_and_searched(shop: Shop) -> None:
    def found(**options: object) -> list[str]:
        rows = projects.workflow_rows(tx, **options)
        return [row.definition.name for row in rows]

    with shop.database.read() as tx:
        assert found() == ["etl", "report"]
        assert found(descending=True) == ["report", "etl"]
        assert found(last_id=shop.etl.id) == ["report"]
        assert found(last_id=shop.report.id, descending=True) == ["etl"]
        assert found(limit=1) == ["etl"]
        assert found(name_pattern="epo") == ["report"]
        assert found(name_pattern="hop") == []
        assert found(name_pattern="hop", search_project_name=True) == ["etl", "report"]
