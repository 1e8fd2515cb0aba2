"""Branches that deploy nothing are checked as they would be after the merge."""

from tests.support.git import WorkTree
from tests.support.projects import BROKEN, DAILY, PLAIN, SUM
from tests.support.remote_server import Remote


def push(work: WorkTree, *refs: str) -> list[str]:
    output = work.git("push", "-f", "origin", *(refs or ("main",)))
    lines = [
        line.removeprefix("remote: ").rstrip() for line in output.splitlines() if "remote: " in line
    ]
    return [line for line in lines if not line.startswith("Checking ")]


def begin(work: WorkTree) -> None:
    work.commit({"etl/a.dig": PLAIN, "etl/b.dig": PLAIN})
    push(work)
    work.git("checkout", "-qb", "side")


def test_what_it_would_bring(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit(
        {"etl/a.dig": DAILY, "etl/new.dig": PLAIN, "report/sum.dig": SUM.replace("daily", "a")}
    )
    said = push(shop, "side")
    assert said[:3] == [
        "side: etl and report can be merged into main",
        "  etl  + new  ~ a (2 tasks)",
        "  report  + sum",
    ]
    assert all("[portability]" in line for line in said[3:])


def test_the_merge_is_what_is_checked(shop: WorkTree, remote: Remote) -> None:
    """Each side alone is right; together they trigger what is not there any more."""
    begin(shop)
    shop.commit({"report/sum.dig": SUM.replace("daily", "b")})
    assert "can be merged" in push(shop, "side")[0]
    shop.git("checkout", "-q", "main")
    shop.commit({"etl/b.dig": None})
    push(shop)
    shop.git("checkout", "-q", "side")
    shop.commit({})
    said = push(shop, "side")
    assert any("project 'etl' has no workflow 'b'" in line for line in said)


def test_a_mistake_that_main_has_mended_is_none(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit({"etl/c.dig": PLAIN})
    shop.git("checkout", "-q", "main")
    shop.commit({"etl/a.dig": DAILY})
    push(shop)
    assert push(shop, "side")[:2] == ["side: etl can be merged into main", "  etl  + c"]


def test_a_mistake(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit({"etl/a.dig": BROKEN})
    assert push(shop, "side") == [
        "etl/a.dig:2:3: Unknown operator 'ech>' (did you mean 'echo>'?) [operators]",
        "side: 1 problem when it is merged into main",
    ]


def test_a_conflict(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit({"etl/a.dig": DAILY})
    shop.git("checkout", "-q", "main")
    shop.commit({"etl/a.dig": "+z:\n  echo>: z\n"})
    push(shop)
    assert push(shop, "side") == [
        "side: cannot be merged into main as it is (conflict in etl/a.dig)",
        "side: etl can be merged into main",
        "  etl  ~ a (2 tasks)",
    ]


def test_nothing_that_matters(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit({"README": "x"})
    assert push(shop, "side") == ["side: changes no project of main"]
    assert push(shop, "main:older") == ["older: changes no project of main"]
    assert push(shop, ":older") == ["older: removed"]


def test_its_own_settings_file(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.commit({"digbot.yml": "projects: {etl: {pat: x}}"})
    assert push(shop, "side")[0].startswith("digbot.yml:1:18: Unknown key 'pat'")
    shop.commit({"digbot.yml": None, "x.dig": PLAIN})
    assert "project 'etl' would disappear" in push(shop, "side")[0]


def test_an_unrelated_history(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.git("checkout", "-q", "--orphan", "alone")
    shop.commit({"etl/a.dig": DAILY})
    said = push(shop, "alone")
    assert said[0].startswith("alone: cannot be merged into main as it is (conflict in etl/a.dig")


def test_tags_that_deploy_nothing_are_just_taken(shop: WorkTree, remote: Remote) -> None:
    begin(shop)
    shop.git("tag", "v1")
    assert push(shop, "v1") == ["No project changed: nothing to deploy"]
