"""The engine as a whole, with its threads, for real."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.deploy import UploadRequest
from engine.errors import Conflict, InvalidProject, LimitExceeded, NotFound
from engine.files.archive import Entry, pack
from engine.hooks import Hooks
from engine.model import Attempt, AttemptEnd, Project
from engine.service import Engine
from engine.settings import Settings
from engine.store import definitions, secrets, sessions, tasks
from engine.store.database import Database

SESSION = datetime(2026, 1, 2, tzinfo=UTC)
PATIENCE = 30  # seconds


class Ends(Hooks):
    def __init__(self) -> None:
        self.ended = threading.Condition()
        self.attempts: set[int] = set()

    def attempt_finished(self, end: AttemptEnd) -> None:
        with self.ended:
            self.attempts.add(end.attempt_id)
            self.ended.notify_all()

    def wait(self, attempt_id: int) -> None:
        with self.ended:
            assert self.ended.wait_for(lambda: attempt_id in self.attempts, PATIENCE)


class House:
    """Servers on one folder, one after the other."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.servers: list[Engine] = []
        self.ends = Ends()

    def open(self, settings: Settings = Settings()) -> Engine:
        engine = Engine(self.database, self.folder, settings=settings, hooks=[self.ends])
        engine.run()
        self.servers.append(engine)
        return engine

    def attempt(self, attempt_id: int) -> Attempt:
        with self.database.read() as tx:
            return sessions.attempt(tx, attempt_id)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    house = House(database, tmp_path)
    yield house
    for engine in house.servers:
        engine.stop(0)


def upload(
    engine: Engine, files: dict[str, str], name: str = "shop", revision: str = "r"
) -> Project:
    entries = [Entry(path, 0o755, text.encode()) for path, text in files.items()]
    return engine.upload(UploadRequest(name, revision, pack(entries)))


def start(engine: Engine, project: Project, workflow: str = "main") -> Attempt:
    with engine.database.read() as tx:
        definition = definitions.find_current_definition(tx, project.id, workflow)
    assert definition is not None
    return engine.start(definition_id=definition.id, session_time=SESSION, params={})


def appears(path: Path) -> None:
    ready: Callable[[], bool] = path.exists
    waiting = threading.Event()
    for _ in range(PATIENCE * 50):
        if ready():
            return
        waiting.wait(0.02)
    raise AssertionError(f"{path} never appeared")


def test_an_upload_runs(house: House) -> None:
    engine = house.open()
    project = upload(engine, {"main.dig": "+a: {sh>: ./run.sh}\n", "run.sh": "#!/bin/sh\nexit 0\n"})
    attempt = start(engine, project)
    house.ends.wait(attempt.id)
    assert house.attempt(attempt.id).status == "success"


def test_what_is_wrong_with_an_upload_is_told_at_once(house: House) -> None:
    engine = house.open(Settings(upload_limit=1_000))
    with pytest.raises(InvalidProject) as caught:
        upload(engine, {"a.dig": "+a: 1\n", "b.dig": "b: 1\n"})
    assert {problem.position.file for problem in caught.value.problems} == {"a.dig", "b.dig"}
    with pytest.raises(LimitExceeded, match="exceeds limit"):
        upload(engine, {"big.txt": "x" * 2_000})
    upload(engine, {"main.dig": "+a: {echo>: a}\n"})
    with pytest.raises(Conflict, match="revision=r in project"):
        upload(engine, {"main.dig": "+a: {echo>: b}\n"})


def test_a_project_that_follows_a_repository_takes_no_uploads(house: House) -> None:
    engine = house.open()
    project = upload(engine, {"main.dig": "+a: {echo>: a}\n"})
    engine.uploads_allowed = lambda found: found.id != project.id
    with pytest.raises(Conflict, match="follows a repository"):
        upload(engine, {"main.dig": "+a: {echo>: b}\n"}, revision="r2")


def test_a_deleted_project_is_gone_but_its_attempts_stay(house: House) -> None:
    engine = house.open()
    project = upload(engine, {"main.dig": "schedule: {hourly>: '00:00'}\n+a: {echo>: a}\n"})
    attempt = start(engine, project)
    house.ends.wait(attempt.id)
    assert engine.delete_project(project.id).deleted_at is None
    with pytest.raises(NotFound, match="already deleted"):
        engine.delete_project(project.id)
    assert house.attempt(attempt.id).status == "success"


def test_a_kill_stops_a_running_command(house: House, tmp_path: Path) -> None:
    engine = house.open()
    project = upload(engine, {"main.dig": f"+a: {{sh>: 'touch {tmp_path}/on; exec sleep 60'}}\n"})
    attempt = start(engine, project)
    appears(tmp_path / "on")
    assert engine.kill(attempt.id).cancel_requested
    house.ends.wait(attempt.id)
    assert house.attempt(attempt.id).status == "killed"
    with pytest.raises(Conflict, match="already killed or finished"):
        engine.kill(attempt.id)


def test_the_next_server_runs_what_a_stopped_one_handed_back(house: House, tmp_path: Path) -> None:
    engine = house.open()
    script = f"echo x >> {tmp_path}/runs; test $(wc -l < {tmp_path}/runs) = 2 || exec sleep 60"
    project = upload(engine, {"main.dig": f"+a: {{sh>: '{script}'}}\n+b: {{echo>: b}}\n"})
    attempt = start(engine, project)
    appears(tmp_path / "runs")
    engine.stop(0)
    with house.database.read() as tx:
        states = {task.full_name: task.state.label for task in tasks.shown(tx, attempt.id)}
    assert states == {"+main": "planned", "+main+a": "running", "+main+b": "blocked"}
    house.open()
    house.ends.wait(attempt.id)
    assert house.attempt(attempt.id).status == "success"
    assert (tmp_path / "runs").read_text() == "x\nx\n"


def test_secrets_reach_the_tasks_that_ask_for_them(house: House, tmp_path: Path) -> None:
    engine = house.open()
    project = upload(
        engine, {"main.dig": f"+a: {{sh>: 'echo ${{secret:a.b}} > {tmp_path}/told'}}\n"}
    )
    with engine.database.transaction() as tx:
        secrets.put(tx, engine.secret_crypto, project.id, "a.b", "hidden", now=engine.clock.now())
    attempt = start(engine, project)
    house.ends.wait(attempt.id)
    assert (tmp_path / "told").read_text() == "hidden\n"
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_default_parameters_are_the_weakest(house: House, tmp_path: Path) -> None:
    engine = house.open(Settings(default_params={"who": "default", "x": 1}))
    project = upload(
        engine,
        {"main.dig": f"_export: {{who: file}}\n+a: {{sh>: 'echo $who $x > {tmp_path}/told'}}\n"},
    )
    house.ends.wait(start(engine, project).id)
    assert (tmp_path / "told").read_text() == "file 1\n"
