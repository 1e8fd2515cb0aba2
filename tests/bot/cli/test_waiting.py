from __future__ import annotations

from typing import Any

from bot.cli import waiting


class Server:
    """Answers one after the other; `waits` says whether it has our route."""

    def __init__(self, *, waits: bool, answers: list[bool]) -> None:
        self._waits = waits
        self._answers = answers
        self.asked = 0

    def wait(self, attempt_id: str, seconds: float) -> dict[str, Any] | None:
        return self.attempt(attempt_id) if self._waits else None

    def attempt(self, attempt_id: str) -> dict[str, Any]:
        self.asked += 1
        done = self._answers.pop(0)
        return {"id": attempt_id, "done": done, "success": done, "status": "success"}


def test_a_server_that_waits_for_us(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: 1 / 0)
    server = Server(waits=True, answers=[False, False, True])

    assert waiting.finish(server, "1") == 0  # type: ignore[arg-type]
    assert server.asked == 3


def test_one_that_is_asked_less_and_less_often(monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    server = Server(waits=False, answers=[False] * 7 + [True])

    assert waiting.until_done(server, "1")["done"]  # type: ignore[arg-type]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_failure():
    server = Server(waits=True, answers=[True])
    server.attempt = lambda _: {"done": True, "success": False, "status": "killed"}  # type: ignore[method-assign]

    assert waiting.finish(server, "1") == 1  # type: ignore[arg-type]
