"""A push that is cut off by a crash, at every point; a disk that is full; deploys that fail."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import apply, store
from bot.deploy import Bot
from bot.events import RefUpdate
from bot.git.incoming import Incoming
from bot.git.tree import Repository
from bot.settle import Settler
from engine.clock import ManualClock
from engine.errors import EngineError
from engine.service import Engine
from tests.support.git import WorkTree, git
from tests.support.projects import BROKEN, DAILY, PLAIN, actions, current, deployments
from tests.support.remote_server import Remote


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Pusher:
    """Pushes without the network: objects are packed into quarantine, the bot is called."""

    remote: Remote
    work: WorkTree
    name: str = "shop"

    def __post_init__(self) -> None:
        self.bot = self.remote.bot
        self.lines: list[str] = []

    def push(self, *updates: RefUpdate, atomic: bool = False) -> dict[str, str | None]:
        path = self.bot.host.path(self.name)
        base = path if path.is_dir() else None
        with Incoming(self.bot.host.incoming_folder, base) as incoming:
            pack = incoming.objects / "pack" / "pack"
            git(self.work.folder, "pack-objects", "-q", "--revs", "--all", str(pack))
            incoming.reopen()
            incoming.check(self.work.git("rev-list", "--all").split())
            answer = self.bot.receive(
                self.name, updates, self.lines.append, incoming=incoming, atomic=atomic
            )
        return dict(answer)

    def main(self, old: str | None = None) -> dict[str, str | None]:
        return self.push(RefUpdate("refs/heads/main", old, self.work.head))

    def restart(self, clock: ManualClock) -> None:
        """Another server on the same data."""
        engine = Engine(self.remote.database, self.remote.data, clock=clock)
        self.bot = Bot(engine, self.remote.database, self.remote.data, clock)
        self.bot.recover()

    @property
    def refs(self) -> dict[str, str]:
        path = self.bot.host.path(self.name)
        return Repository(path).refs() if path.is_dir() else {}

    @property
    def intents(self) -> list[store.Intent]:
        with self.remote.database.read() as tx:
            return store.list_intents(tx)


@pytest.fixture
def pusher(remote: Remote, work: WorkTree) -> Pusher:
    return Pusher(remote, work)


Patch = Callable[[pytest.MonkeyPatch], None]


def killed_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    """The process dies when `owner.name` is called, or when it has done its work."""
    work = getattr(owner, name)

    def deadly(*arguments: Any, **more: Any) -> Any:
        if after:
            work(*arguments, **more)
        raise Killed

    monkeypatch.setattr(owner, name, deadly)
    monkeypatch.setattr(Settler, "give_up", lambda *_: None)  # nobody is there to do it


POINTS = [
    (Settler, "write_intent", False, False),
    (Settler, "write_intent", True, False),
    (Incoming, "promote", True, False),
    (Repository, "move", False, False),
    (Repository, "move", True, True),
    (Settler, "carry_out", False, True),
    (apply, "deploy", False, True),
    (apply, "deploy", True, True),
    (store, "delete_intent", True, True),
    (Settler, "carry_out", True, True),
]


@pytest.mark.parametrize(("owner", "name", "after", "counts"), POINTS)
def test_a_crash_at_any_point(
    pusher: Pusher,
    remote: Remote,
    work: WorkTree,
    clock: ManualClock,
    owner: Any,
    name: str,
    after: bool,
    counts: bool,
) -> None:
    """Before the refs move nothing has happened; from then on all of it happens, once."""
    first = work.commit({"a.dig": PLAIN})
    pusher.main()
    second = work.commit({"a.dig": DAILY})
    with pytest.MonkeyPatch.context() as patch:
        killed_at(patch, owner, name, after=after)
        with pytest.raises(Killed):
            pusher.main(first)
    pusher.restart(clock)
    expected = second if counts else first
    assert pusher.refs == {"refs/heads/main": expected}
    assert actions(remote.database, "shop") == ["deployed"] * (2 if counts else 1)
    assert deployments(remote.database, "shop")[-1].commit == expected
    assert pusher.intents == []
    assert not remote.bot.host.incoming_folder.exists()
    if counts:
        assert deployments(remote.database, "shop")[-1].requested_by == "push"
    else:  # what the client does when it heard nothing
        assert pusher.main(first) == {"refs/heads/main": None}
        assert actions(remote.database, "shop") == ["deployed", "deployed"]


@pytest.mark.parametrize(("owner", "name", "after", "counts"), POINTS)
def test_a_crash_during_the_first_push(
    pusher: Pusher,
    remote: Remote,
    work: WorkTree,
    clock: ManualClock,
    owner: Any,
    name: str,
    after: bool,
    counts: bool,
) -> None:
    head = work.commit({"a.dig": PLAIN})
    with pytest.MonkeyPatch.context() as patch:
        killed_at(patch, owner, name, after=after)
        with pytest.raises(Killed):
            pusher.main()
    pusher.restart(clock)
    assert pusher.refs == ({"refs/heads/main": head} if counts else {})
    assert (current(remote.database, "shop") is not None) == counts
    if not counts:
        assert pusher.main() == {"refs/heads/main": None}
    assert actions(remote.database, "shop") == ["deployed"]


def test_refs_that_moved_in_part_are_finished(
    pusher: Pusher, remote: Remote, work: WorkTree, clock: ManualClock
) -> None:
    head = work.commit({"a.dig": PLAIN})
    pusher.main()
    work.git("tag", "v1")
    new = work.commit({"a.dig": DAILY})
    updates = [RefUpdate("refs/heads/main", head, new), RefUpdate("refs/tags/v1", None, head)]

    def half(repository: Repository, wanted: list[RefUpdate]) -> None:
        Repository._move(repository, wanted[:1])
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repository, "move", half)
        patch.setattr(Settler, "give_up", lambda *_: None)
        with pytest.raises(Killed):
            pusher.push(*updates)
    pusher.restart(clock)
    assert pusher.refs == {"refs/heads/main": new, "refs/tags/v1": head}
    assert actions(remote.database, "shop") == ["deployed", "deployed"]


def test_a_full_disk_refuses_the_push(
    pusher: Pusher, remote: Remote, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.commit({"a.dig": PLAIN})

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(remote.engine.files, "put", full)
        reason = pusher.main()["refs/heads/main"]
    assert reason == "digbot: [Errno 28] No space left on device"
    assert pusher.refs == {}
    assert pusher.main() == {"refs/heads/main": None}


def test_objects_that_cannot_be_stored(
    pusher: Pusher, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.commit({"a.dig": PLAIN})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Incoming, "promote", full)
        assert "No space left" in str(pusher.main()["refs/heads/main"])
    assert pusher.intents == []
    assert pusher.main() == {"refs/heads/main": None}


def test_a_deploy_that_fails_is_tried_again(
    pusher: Pusher,
    remote: Remote,
    work: WorkTree,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The refs have moved: the push is accepted, and says so."""
    work.commit({"a.dig": PLAIN})

    def down(*_: object) -> None:
        raise EngineError("The database failed: it is down")

    with monkeypatch.context() as patch:
        patch.setattr(remote.engine, "deploy", down)
        assert pusher.main() == {"refs/heads/main": None}
        assert pusher.lines[-2:] == [
            "The push is stored, but its deploy failed: The database failed: it is down",
            "It is tried again by itself; what runs goes on running",
        ]
        (intent,) = pusher.intents
        assert intent.next_try_at is not None
        assert pusher.bot.work() == intent.next_try_at
        clock.set(intent.next_try_at)
        due = pusher.bot.work()
        assert pusher.intents[0].failures == 2
        assert due is not None
        assert (due - clock.now()).total_seconds() == 20
        clock.set(due)
    assert current(remote.database, "shop") is None
    assert pusher.bot.work() is None
    assert actions(remote.database, "shop") == ["deployed"]
    assert pusher.intents == []


def test_a_retry_reads_the_head_again(
    pusher: Pusher, remote: Remote, work: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = work.commit({"a.dig": PLAIN})

    def down(*_: object) -> None:
        raise EngineError("down")

    with monkeypatch.context() as patch:
        patch.setattr(remote.engine, "deploy", down)
        pusher.main()
    second = work.commit({"a.dig": DAILY})
    pusher.main(first)
    assert pusher.intents == []
    assert [d.commit for d in deployments(remote.database, "shop")] == [second]


def test_atomic_pushes(pusher: Pusher, work: WorkTree) -> None:
    head = work.commit({"a.dig": PLAIN})
    updates = [RefUpdate("refs/heads/main", None, head), RefUpdate("refs/heads/x", head, None)]
    assert pusher.push(*updates, atomic=True) == {
        "refs/heads/main": "digbot: atomic push failed",
        "refs/heads/x": "fetch first",
    }
    assert pusher.push(*updates) == {"refs/heads/main": None, "refs/heads/x": "fetch first"}


def test_a_mirror_takes_no_push(
    pusher: Pusher, remote: Remote, work: WorkTree, tmp_path: Path
) -> None:
    work.commit({"a.dig": PLAIN})
    remote.bot.add_repository("https://me:secret@example.com/shop")
    assert pusher.main() == {
        "refs/heads/main": "digbot: a copy of https://me:***@example.com/shop; push there"
    }


def test_the_report_of_a_refusal_before_a_repository_is_there(
    pusher: Pusher, work: WorkTree
) -> None:
    work.commit({"a.dig": BROKEN})
    assert pusher.main() == {"refs/heads/main": "digbot: 1 problem"}
    assert pusher.lines[-1] == "1 problem: nothing is deployed, what runs goes on running"
    assert pusher.bot.repositories() == []


def test_pushes_to_one_repository_queue(pusher: Pusher, work: WorkTree) -> None:
    work.commit({"a.dig": PLAIN})
    waited: list[str] = []
    with pusher.bot._locked("shop"):

        def release() -> None:
            with pusher.bot._locked("other", waited.append):
                pass

        release()
    assert waited == []
    lock = pusher.bot._locks["shop"]
    lock.acquire()

    def say(line: str) -> None:
        waited.append(line)
        lock.release()

    with pusher.bot._locked("shop", say):
        assert waited == ["Waiting: another push to shop is being deployed"]
