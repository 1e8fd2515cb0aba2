import pytest

from engine.errors import Conflict
from engine.store import projects, revisions
from tests.support.store import NOW, Shop, add_revision


def test_revisions_are_numbered_per_project(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        other = projects.insert_project(tx, "other", now=NOW)
        second = add_revision(tx, shop.project, "def456")
        first = add_revision(tx, other, "def456")
        assert (shop.revision.number, second.number, first.number) == (1, 2, 1)
        assert revisions.revisions_of(tx, shop.project.id) == [second, shop.revision]
        assert revisions.revisions_of(tx, shop.project.id, last_id=second.id) == [shop.revision]
        assert revisions.revisions_of(tx, shop.project.id, limit=1) == [second]


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
        assert revisions.free_revision_name(tx, shop.project.id, "v1") == "v1"
        assert revisions.free_revision_name(tx, shop.project.id, "abc123") == "abc123-2"
        add_revision(tx, shop.project, "abc123-2")
        add_revision(tx, shop.project, "abc123-2x")
        assert revisions.free_revision_name(tx, shop.project.id, "abc123") == "abc123-3"
        assert revisions.free_revision_name(tx, shop.project.id, "abc") == "abc"


def test_a_revision_is_found_by_name_number_and_content(shop: Shop) -> None:
    project_id = shop.project.id
    with shop.database.transaction() as tx:
        twin = add_revision(tx, shop.project, "x", content_hash=shop.revision.content_hash)
        assert revisions.find_revision(tx, project_id, name="abc123") == shop.revision
        assert revisions.find_revision(tx, project_id, number=2) == twin
        by_content = revisions.find_revision(
            tx, project_id, content_hash=shop.revision.content_hash
        )
        assert by_content == twin
        assert revisions.find_revision(tx, project_id, name="nope") is None
        assert revisions.revision(tx, twin.id) == twin


def test_user_info_can_be_completed(shop: Shop) -> None:
    info = {"git": {"number": 1, "commit": "abc"}}
    with shop.database.transaction() as tx:
        revisions.set_user_info(tx, shop.revision.id, info)
        assert revisions.revision(tx, shop.revision.id).user_info == info


def test_deployments_say_what_made_a_revision_current(shop: Shop) -> None:
    project_id = shop.project.id
    with shop.database.transaction() as tx:
        second = add_revision(tx, shop.project, "def456")
        made = revisions.insert_deployment(
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
        back = revisions.insert_deployment(
            tx, project_id, shop.revision.id, action="rolled_back", requested_by="push", now=NOW
        )
        assert made.author == "Zoë \ud800"
        assert revisions.deployment(tx, made.id) == made
        assert revisions.last_deployment(tx, project_id) == back
        assert revisions.last_deployment(tx, project_id, revision_id=second.id) == made
        assert revisions.deployments_of(tx, project_id, last_id=back.id) == [made, shop.deployment]
