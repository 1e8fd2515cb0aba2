from datetime import timedelta

import pytest

from engine.errors import Conflict, NotFound
from engine.model import Project
from engine.store import definitions, projects, revisions, schedules, triggers
from engine.store.database import Database
from tests.support.store import NOW, Shop

LATER = NOW + timedelta(days=1)


def named(tx, *names: str) -> list[Project]:
    return [projects.insert_project(tx, name, now=NOW) for name in names]


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
            (lambda: definitions.definition(tx, 7), "workflow id=7"),
            (lambda: definitions.workflow_row(tx, 7), "workflow id=7"),
            (lambda: revisions.revision_named(tx, 7, "r"), "revision name=r in project id=7"),
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
        assert definitions.find_current_definition(tx, shop.project.id, "etl") is None
        assert definitions.workflow_rows(tx) == []
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
