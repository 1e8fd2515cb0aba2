"""Revisions are content, deployments say what made it current (decisions.md)."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.errors import Conflict
from engine.store import projects
from engine.store.database import Database
from tests.support.world import World

ONE = {"etl.dig": "+load: {echo>: one}\n", "old.dig": "+a: {echo>: a}\n"}
TWO = {"etl.dig": "+load: {echo>: two}\n", "new.dig": "+a: {echo>: a}\n"}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, clock)


def test_a_first_deploy_makes_the_project(world: World) -> None:
    result = world.deploy(ONE)
    assert (result.action, result.revision.number, result.revision.name) == (
        "deployed",
        1,
        "cccccccccccc",
    )
    assert result.added == ["etl", "old"]
    assert result.previous is None


def test_equal_content_is_a_deployment_but_no_revision(world: World) -> None:
    first = world.deploy(ONE)
    second = world.deploy(ONE, commit="d" * 40)
    assert second.action == "unchanged"
    assert second.revision == first.revision
    assert second.deployment.commit == "d" * 40


def test_a_change_names_what_changed(world: World) -> None:
    world.deploy(ONE)
    result = world.deploy(TWO, commit="d" * 40)
    assert (result.added, result.changed, result.removed) == (["new"], ["etl"], ["old"])
    assert result.revision.number == 2
    assert result.revision.user_info["git"]["number"] == 2


def test_older_content_is_a_roll_back(world: World, database: Database) -> None:
    first = world.deploy(ONE)
    world.deploy(TWO, commit="d" * 40)
    result = world.deploy(ONE, commit="e" * 40)
    assert result.action == "rolled_back"
    assert result.revision == first.revision
    with database.read() as tx:
        assert projects.project_named(tx, "shop").current_revision_id == first.revision.id


def test_an_attempt_keeps_the_revision_and_deployment_it_began_with(world: World) -> None:
    world.deploy({"etl.dig": "+load: {sh>: wait}\n"})
    attempt = world.start("etl")
    world.run()
    world.deploy(TWO, commit="d" * 40)
    world.executor.release()
    world.run()
    assert world.attempt(attempt.id).revision_id == attempt.revision_id
    assert world.attempt(attempt.id).deployment_id == attempt.deployment_id


def test_a_name_that_other_content_has_gets_a_number(world: World) -> None:
    world.deploy(ONE)
    assert world.deploy(TWO).revision.name == "cccccccccccc-2"


def test_a_project_of_another_repository_is_refused(world: World) -> None:
    world.deploy(ONE)
    with pytest.raises(Conflict, match="follows another repository"):
        world.deploy(TWO, repository_id=2)


def test_a_project_without_repository_is_adopted(world: World) -> None:
    before = world.deploy(ONE, repository_id=None)
    result = world.deploy(TWO, repository_id=7)
    assert (result.action, result.project.id) == ("adopted", before.project.id)
    assert result.project.repository_id == 7


def test_the_order_of_keys_is_content(world: World) -> None:
    world.deploy({"etl.dig": "+a: {echo>: a}\n+b: {echo>: b}\n"})
    result = world.deploy({"etl.dig": "+b: {echo>: b}\n+a: {echo>: a}\n"})
    assert result.changed == ["etl"]
