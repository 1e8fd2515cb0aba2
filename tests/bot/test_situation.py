"""What the store is asked before a push is judged."""

from bot import situation, store
from bot.dependencies import Known
from engine.deploy import UploadRequest
from engine.files import archive
from engine.store import projects
from tests.support.git import WorkTree
from tests.support.projects import DAILY, PLAIN, SUM
from tests.support.remote_server import Remote


def seen(remote: Remote, name: str = "shop") -> situation.Situation:
    with remote.database.read() as tx:
        return situation.read(tx, name, store.repository(tx, name))


def known(remote: Remote, incoming: set[str], upstreams: set[str]) -> Known:
    return situation.asker(remote.database)(incoming, upstreams)


def test_a_repository_that_is_not_there_yet(remote: Remote) -> None:
    found = seen(remote)
    assert (found.repository, found.repository_id) == ("shop", None)
    assert (found.follows, found.projects) == ({}, {})


def test_what_it_deployed(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY, "report/sum.dig": SUM})
    shop.git("push", "origin", "main")
    found = seen(remote)
    assert set(found.follows) == set(found.projects) == {"etl", "report"}
    assert found.follows["etl"].commit == shop.head
    assert found.owners == {found.repository_id: "shop"}
    with remote.database.read() as tx:
        project = projects.project_named(tx, "etl")
    remote.engine.delete_project(project.id)
    assert set(seen(remote).projects) == {"report"}


def test_projects_that_were_uploaded_since(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"digbot.yml": "projects: {etl: {uploads: allow}}", "etl/a.dig": PLAIN})
    shop.git("push", "origin", "main")
    assert seen(remote).uploaded == frozenset()
    data = archive.pack([archive.Entry("a.dig", 0o644, DAILY.encode())])
    remote.engine.upload(UploadRequest("etl", "mine", data))
    assert seen(remote).uploaded == {"etl"}


def test_what_triggers_are_judged_against(shop: WorkTree, remote: Remote) -> None:
    shop.commit({"etl/daily.dig": DAILY, "etl/b.dig": PLAIN, "report/sum.dig": SUM})
    shop.git("push", "origin", "main")
    row = remote.bot.repository("shop")
    assert known(remote, {"report", "new"}, {"etl", "nothing"}) == Known(
        projects={"etl": row.id, "report": row.id},
        upstreams={("report", "sum"): ("etl", "daily")},
        workflows={"etl": frozenset({"daily", "b"})},
    )
    remote.bot.remove_repository("shop")
    assert known(remote, {"etl"}, set()).projects == {"etl": None}
