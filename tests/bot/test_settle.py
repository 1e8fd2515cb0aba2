"""Mirrors that are polled, syncs, and refs that a crash left in between."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.deploy import Bot
from bot.events import RefUpdate
from bot.git import maintain
from bot.git.errors import FetchFailed, GitError
from bot.git.tree import Repository
from bot.settle import any_moved, roll_forward
from engine.clock import ManualClock
from engine.errors import Conflict, EngineError
from tests.support.git import WorkTree, git
from tests.support.projects import (
    BROKEN,
    DAILY,
    PLAIN,
    actions,
    current,
    deployments,
    visible_schedules,
)
from tests.support.remote_server import Remote


@pytest.fixture
def bot(remote: Remote) -> Bot:
    return remote.bot


def follow(bot: Bot, work: WorkTree, name: str = "shop") -> None:
    bot.add_repository(str(work.folder), name, 60)
    bot.work()


def later(clock: ManualClock, bot: Bot) -> None:
    """A poll later."""
    clock.advance(70)
    bot.work()


def test_a_mirror_is_deployed_as_a_push_is(bot: Bot, remote: Remote, work: WorkTree) -> None:
    head = work.commit({"etl/daily.dig": DAILY}, "Begin")
    follow(bot, work)
    (deployment,) = deployments(remote.database, "etl")
    assert (deployment.commit, deployment.requested_by) == (head, "poll")
    assert deployment.subject == "Begin"
    assert len(visible_schedules(remote.database, "etl")) == 1
    (record,) = bot.pushes("shop")
    assert record.report[0].startswith("etl  r1  1 workflow, 1 schedule  deployed")
    assert Repository(remote.data / "mirrors/shop.git").refs() == {"refs/heads/main": head}


def test_polls_bring_what_is_new(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    work.commit({"a.dig": PLAIN})
    follow(bot, work)
    work.commit({"a.dig": DAILY})
    assert actions(remote.database, "shop") == ["deployed"]
    later(clock, bot)
    assert actions(remote.database, "shop") == ["deployed", "deployed"]
    work.git("reset", "-q", "--hard", "HEAD~1")
    later(clock, bot)
    assert actions(remote.database, "shop")[-1] == "rolled_back"


def test_a_poll_without_news_writes_nothing_but_its_time(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    work.commit({"a.dig": PLAIN})
    follow(bot, work)
    later(clock, bot)
    assert len(bot.pushes("shop")) == 1
    row = bot.repository("shop")
    assert row.polled_at == clock.now()
    assert row.next_poll_at is not None
    assert timedelta(seconds=50) < row.next_poll_at - clock.now() < timedelta(seconds=70)


def test_errors_of_a_mirror_are_recorded_and_the_rest_is_deployed(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    """Its refs have moved already; there is nobody to refuse them to."""
    work.commit({"etl/a.dig": PLAIN, "report/b.dig": PLAIN})
    follow(bot, work)
    work.commit({"etl/a.dig": BROKEN, "report/b.dig": DAILY})
    later(clock, bot)
    assert actions(remote.database, "etl") == ["deployed"]
    assert actions(remote.database, "report") == ["deployed", "deployed"]
    record = bot.pushes("shop")[0]
    assert "etl/a.dig:2:3: Unknown operator" in record.report[-2]
    later(clock, bot)
    assert len(bot.pushes("shop")) == 2
    assert any("Unknown operator" in line for line in bot.sync("shop"))
    work.commit({"etl/a.dig": DAILY})
    assert bot.sync("shop")[0].startswith("etl  r2")


def test_a_settings_file_that_cannot_be_read_deploys_nothing(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    work.commit({"etl/a.dig": PLAIN})
    follow(bot, work)
    work.commit({"digbot.yml": "project: {}", "etl/a.dig": DAILY})
    later(clock, bot)
    assert actions(remote.database, "etl") == ["deployed"]
    assert "Unknown key 'project'" in bot.pushes("shop")[0].report[0]


def test_a_mirror_follows_the_default_branch_of_the_remote(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    work.commit({"a.dig": PLAIN})
    follow(bot, work)
    work.git("checkout", "-qb", "trunk")
    head = work.commit({"a.dig": DAILY})
    later(clock, bot)
    assert deployments(remote.database, "shop")[-1].commit == head


def test_branches_that_go_are_pruned(
    bot: Bot, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    head = work.commit({"a.dig": PLAIN})
    work.git("branch", "x")
    follow(bot, work)
    work.git("branch", "-D", "x")
    work.git("branch", "x/y")
    later(clock, bot)
    refs = Repository(remote.data / "mirrors/shop.git").refs()
    assert refs == {"refs/heads/main": head, "refs/heads/x/y": head}


def test_an_empty_remote(bot: Bot, work: WorkTree, clock: ManualClock, remote: Remote) -> None:
    follow(bot, work)
    assert bot.repository("shop").error is None
    work.commit({"a.dig": PLAIN})
    later(clock, bot)
    assert actions(remote.database, "shop") == ["deployed"]


def test_a_remote_that_is_away_is_asked_less_often(
    bot: Bot, work: WorkTree, clock: ManualClock, tmp_path: Path
) -> None:
    work.commit({"a.dig": PLAIN})
    follow(bot, work)
    work.folder.rename(tmp_path / "away")
    waits = []
    for failures in range(1, 6):
        row = bot.repository("shop")
        assert row.next_poll_at is not None
        clock.set(row.next_poll_at)
        bot.work()
        row = bot.repository("shop")
        assert row.failures == failures
        assert row.error is not None
        assert "there is no git repository" in row.error
        assert row.next_poll_at is not None
        waits.append((row.next_poll_at - clock.now()).total_seconds())
    assert waits[-1] == 160
    with pytest.raises(FetchFailed):
        bot.sync("shop")
    (tmp_path / "away").rename(work.folder)
    bot.sync("shop")
    assert bot.repository("shop").failures == 0


def test_a_poll_whose_deploy_fails_is_tried_again(
    bot: Bot,
    remote: Remote,
    work: WorkTree,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work.commit({"a.dig": PLAIN})

    def down(*_: object) -> None:
        raise EngineError("down")

    with monkeypatch.context() as patch:
        patch.setattr(remote.engine, "deploy", down)
        follow(bot, work)
    assert current(remote.database, "shop") is None
    clock.advance(11)
    bot.work()
    assert actions(remote.database, "shop") == ["deployed"]


def test_names_of_mirrors(bot: Bot, work: WorkTree, tmp_path: Path) -> None:
    assert bot.add_repository("https://me:secret@host/o/r.git").url == "https://me:***@host/o/r.git"
    assert [(row.name, row.poll_seconds) for row in bot.repositories()] == [("r", 60)]
    assert bot.add_repository("https://host/o/s", poll_seconds=1).poll_seconds == 5
    with pytest.raises(Conflict, match="There is a repository 'r' already"):
        bot.add_repository("https://host/r")
    with pytest.raises(GitError, match="not the address"):
        bot.add_repository("nothing")
    with pytest.raises(GitError, match="cannot be the name"):
        bot.add_repository("https://host/r", "a b")


def test_a_removed_mirror_is_deleted(bot: Bot, remote: Remote, work: WorkTree) -> None:
    work.commit({"a.dig": PLAIN})
    follow(bot, work)
    bot.remove_repository("shop")
    assert not (remote.data / "mirrors/shop.git").exists()
    assert current(remote.database, "shop") is not None
    follow(bot, work, "again")
    (row,) = bot.repositories()
    assert row.name == "again"


def test_two_repositories_cannot_have_one_project(bot: Bot, remote: Remote, work: WorkTree) -> None:
    work.commit({"etl/a.dig": PLAIN})
    follow(bot, work)
    follow(bot, work, "copy")
    assert bot.pushes("copy")[0].report[0] == (
        "project 'etl' belongs to the repository 'shop'; 'copy' needs another name for it "
        "(digbot.yml) [owner]"
    )


def test_the_timer_polls_by_itself(bot: Bot, remote: Remote, work: WorkTree) -> None:
    import time

    work.commit({"a.dig": PLAIN})
    bot.start()
    bot.add_repository(str(work.folder), "shop")
    until = time.monotonic() + 10
    while current(remote.database, "shop") is None and time.monotonic() < until:
        time.sleep(0.02)
    bot.stop()
    assert actions(remote.database, "shop") == ["deployed"]


def test_a_sync_of_a_hosted_repository_looks_again(
    bot: Bot, remote: Remote, shop: WorkTree
) -> None:
    head = shop.commit({"a.dig": PLAIN})
    shop.git("push", "origin", "main")
    assert bot.sync("shop") == ["No project changed: nothing to deploy"]
    new = shop.commit({"a.dig": DAILY})
    path = bot.host.path("shop")
    git(path, "fetch", "-q", str(shop.folder), "+main:main")
    assert Repository(path).refs()["refs/heads/main"] == new != head
    assert bot.sync("shop")[0].startswith("shop  r2")
    assert deployments(remote.database, "shop")[-1].requested_by == "sync"


def test_objects_are_tidied_up_when_there_is_time(
    bot: Bot, shop: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintain, "MOST_PACKS", 2)
    for number in range(3):
        shop.commit({"a.dig": PLAIN, "n": str(number)})
        shop.git("push", "origin", "main")
    bot.work()
    folder = bot.host.path("shop") / "objects/pack"
    assert len(list(folder.glob("*.pack"))) == 4
    old = folder / "superseded.json"
    os.utime(old, (0, 0))
    bot.work()
    assert len(list(folder.glob("*.pack"))) == 1
    assert shop.git("ls-remote", "origin", "main").startswith(shop.head)


# Refs after a crash


@pytest.mark.parametrize(
    ("moved", "expected"), [([], "old"), (["a"], "new"), (["a", "b"], "new"), (["c"], "new")]
)
def test_refs_move_all_or_none(
    tmp_path: Path, work: WorkTree, moved: list[str], expected: str
) -> None:
    old, new = work.commit({"x": "1"}), work.commit({"x": "2"})
    git(tmp_path, "clone", "-q", "--bare", str(work.folder), "bare.git")
    repository = Repository(tmp_path / "bare.git")
    repository.move([RefUpdate(f"refs/heads/{name}", None, old) for name in "ac"])
    updates = [
        RefUpdate("refs/heads/a", old, new),
        RefUpdate("refs/heads/b", None, new),
        RefUpdate("refs/heads/c", old, None),
    ]
    done = [update for update in updates if update.short in moved]
    repository.move(done)
    assert any_moved(repository.refs(), updates) == bool(moved)
    roll_forward(repository, updates)
    refs = {ref: target for ref, target in repository.refs().items() if ref != "refs/heads/main"}
    if expected == "new":
        assert refs == {"refs/heads/a": new, "refs/heads/b": new}
    else:
        assert refs == {"refs/heads/a": old, "refs/heads/c": old}


def test_a_ref_that_somebody_moved_since_is_left_alone(tmp_path: Path, work: WorkTree) -> None:
    old, new, other = (work.commit({"x": str(i)}) for i in range(3))
    git(tmp_path, "clone", "-q", "--bare", str(work.folder), "bare.git")
    repository = Repository(tmp_path / "bare.git")
    roll_forward(repository, [RefUpdate("refs/heads/main", old, new)])
    assert repository.refs() == {"refs/heads/main": other}
