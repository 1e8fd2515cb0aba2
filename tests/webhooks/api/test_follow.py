from __future__ import annotations

import threading
import time

import pytest

from tests.support.api import Api, finished
from webhooks.api import follow

SLOW = {
    "main.dig": "+a:\n  sh>: echo begun; while [ ! -e $gate ]; do sleep 0.02; done; echo over\n"
}


@pytest.fixture
def gate(tmp_path):
    """A task of `SLOW` ends when this file is there."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def begin(api: Api, gate) -> str:
    return str(api.start(api.upload(files=SLOW), params={"gate": str(gate)})["id"])


def text(answer) -> str:
    return "".join(piece["text"] for piece in answer["pieces"])


class TestWait:
    def test_wakes_when_the_attempt_ends(self, running, gate):
        attempt = begin(running, gate)
        threading.Timer(0.1, gate.touch).start()
        asked = time.monotonic()

        found = running.get(f"/api/digbot/attempts/{attempt}/wait", timeout=20)

        assert (found["done"], found["status"]) == (True, "success")
        assert time.monotonic() - asked < 10
        assert set(found) == set(running.get(f"/api/attempts/{attempt}"))

    def test_answers_in_time(self, running, gate):
        attempt = begin(running, gate)

        assert not running.get(f"/api/digbot/attempts/{attempt}/wait", timeout=0.05)["done"]
        assert not running.get(f"/api/digbot/attempts/{attempt}/wait")["done"]

    def test_too_many_do_not_wait(self, running, gate, monkeypatch):
        monkeypatch.setattr(follow, "_seats", threading.BoundedSemaphore(1))
        attempt = begin(running, gate)
        assert follow._seats.acquire(blocking=False)
        asked = time.monotonic()

        running.get(f"/api/digbot/attempts/{attempt}/wait", timeout=20)

        assert time.monotonic() - asked < 10

    def test_what_is_refused(self, api):
        assert api.refused("GET", "/api/digbot/attempts/9/wait")[0] == 404
        attempt = api.start(api.upload())["id"]
        path = f"/api/digbot/attempts/{attempt}/wait?timeout=soon"
        assert api.refused("GET", path)[0] == 400


class TestLog:
    def test_grows_while_the_task_runs(self, running, gate):
        path = f"/api/digbot/attempts/{begin(running, gate)}/log"
        seen, cursor, done = "", "", False

        while "\nbegun" not in seen:
            answer = running.get(path, cursor=cursor, timeout=20)
            seen, cursor = seen + text(answer), answer["cursor"]
            assert not answer["done"]
        gate.touch()
        while not done:
            answer = running.get(path, cursor=cursor, timeout=20)
            seen, cursor, done = seen + text(answer), answer["cursor"], answer["done"]

        assert "\nbegun\nover\n" in seen

    def test_pieces_say_where_they_stand(self, running):
        attempt = finished(running, running.start(running.upload()))
        path = f"/api/digbot/attempts/{attempt['id']}/log"

        whole = running.get(path)
        after = running.get(path, cursor=whole["cursor"])
        again = running.get(path, cursor="forgotten")

        (piece,) = whole["pieces"]
        assert (piece["offset"], piece["size"]) == (0, len(piece["text"].encode()))
        assert piece["taskName"] == "+main+a"
        assert whole["done"]
        assert after["pieces"] == []
        assert again["pieces"] == whole["pieces"]

    def test_of_one_task_ends_with_it(self, running, gate):
        files = {"main.dig": "+x:\n  echo>: early\n" + SLOW["main.dig"]}
        attempt = running.start(running.upload(files=files), params={"gate": str(gate)})
        path = f"/api/digbot/attempts/{attempt['id']}/log"
        seen, cursor, done = "", "", False

        while not done:
            answer = running.get(path, cursor=cursor, timeout=20, task="+main+x")
            seen, cursor, done = seen + text(answer), answer["cursor"], answer["done"]

        assert "early" in seen
        assert not running.get(f"/api/attempts/{attempt['id']}")["done"]

    def test_places_are_forgotten_when_there_are_too_many(self, running, monkeypatch):
        monkeypatch.setattr(follow, "MOST_TAILS", 1)
        attempt = finished(running, running.start(running.upload()))
        path = f"/api/digbot/attempts/{attempt['id']}/log"

        first = running.get(path)
        running.get(path)

        assert running.get(path, cursor=first["cursor"])["pieces"] == first["pieces"]

    def test_missing(self, api):
        assert api.refused("GET", "/api/digbot/attempts/9/log")[0] == 404
