"""Carrying out a plan: archives, one transaction, positions, the report."""

import pytest

from bot import apply, comments, store
from bot.comments import Deployed, Gone, Refused
from bot.git.tree import Repository
from bot.layout import Layout
from bot.plan import Plan
from bot.settings import ProjectSettings, Settings
from engine.dig.problem import Problem, Severity
from tests.support.git import WorkTree
from tests.support.projects import DAILY, PLAIN, SUM, actions, current
from tests.support.remote_server import Remote

ERROR = Problem("x", Severity.ERROR, "wrong")


def layout(*names: str) -> Layout:
    return Layout({name: ProjectSettings(name, name) for name in names}, Settings(), False)


def done(name: str) -> Deployed:
    return Deployed(name, 1, "deployed", 1, 0, "c" * 40)


def test_the_report_in_order() -> None:
    plan = Plan(
        layout=layout("a"),
        gone=[Gone("g", comments.FOLDER_GONE)],
        waiting=[("w", "tags v*")],
        broken=[Refused("b", [ERROR])],
        untouched=["u"],
    )
    lines = apply.report(plan, [done("a")])
    assert [line.split()[0] for line in lines] == ["a", "g", "w", "wrong", "not", "not"]
    assert lines[-2] == "not deployed, because of problems: b; what runs goes on running"
    assert lines[-1] == "not touched by this push: u"


def test_a_report_of_nothing() -> None:
    assert apply.report(Plan(layout=layout("a"), untouched=["a"]), []) == []
    assert apply.nothing(Plan(layout=layout("a"))) == comments.NO_CHANGE
    assert apply.nothing(Plan(layout=layout())) == comments.NOTHING
    assert apply.nothing(Plan()) == comments.NO_BRANCH


def test_all_projects_of_a_push_or_none(
    shop: WorkTree, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.commit({"etl/daily.dig": DAILY, "report/sum.dig": SUM})
    deploy = remote.engine.deploy

    def second_fails(tx, request):  # type: ignore[no-untyped-def]
        if request.project_name == "report":
            raise RuntimeError
        return deploy(tx, request)

    monkeypatch.setattr(remote.engine, "deploy", second_fails)
    shop.git("push", "origin", "main")
    assert current(remote.database, "etl") is None
    monkeypatch.undo()
    remote.bot.recover()
    assert actions(remote.database, "etl") == actions(remote.database, "report") == ["deployed"]


def test_files_that_are_known_are_not_packed_again(
    shop: WorkTree, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.commit({"a.dig": PLAIN})
    shop.git("push", "origin", "main")
    before = current(remote.database, "shop")
    monkeypatch.setattr(remote.engine.files, "put", None)
    shop.commit({"a.dig": f"# a comment\n{PLAIN}"})
    shop.git("push", "origin", "main")
    assert current(remote.database, "shop") == before


def test_where_projects_stand(shop: WorkTree, remote: Remote) -> None:
    file = "on_error: accept\nprojects:\n  a: {uploads: allow, ignore: [x]}\n  b: {}\n"
    shop.commit({"digbot.yml": file, "a/a.dig": PLAIN, "b/b.dig": PLAIN})
    shop.git("push", "origin", "main")
    first = shop.head
    shop.commit({"b/b.dig": "+a:\n  ech>: 1\n"})
    shop.git("push", "origin", "main")
    row = remote.bot.repository("shop")
    with remote.database.read() as tx:
        a, b = store.list_follows(tx, row.id)
    repository = Repository(remote.bot.host.path("shop"))
    assert (a.project_name, a.state, a.commit, a.ref) == (
        "a",
        "deployed",
        shop.head,
        "refs/heads/main",
    )
    assert a.uploads
    assert a.settings == {"ignore": ["x"], "schedules": True}
    assert (b.state, b.commit) == ("refused", shop.head)
    folder = repository.lookup(repository.commit(first).tree, "b")
    assert folder is not None
    assert b.tree == folder.id  # what runs
