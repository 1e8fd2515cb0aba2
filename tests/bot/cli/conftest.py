"""The command line in this process, against a server in this process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.support.cli import Digbot, Ran, field
from tests.support.web import serving

_numbers = itertools.count(1)


@pytest.fixture
def digbot(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Digbot:
    """Run a command in a folder of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*words: str) -> Ran:
        capfd.readouterr()
        code = main(list(words))
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture(scope="package")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that all tests of this folder share; each uses projects of its own."""
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def server(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Commands ask the server."""
    monkeypatch.setenv("DIGBOT_ENDPOINT", url)
    return url


@pytest.fixture
def name() -> str:
    """A project's name that nobody else uses."""
    return f"project-{next(_numbers)}"


@pytest.fixture
def project(server: str, digbot: Digbot, name: str) -> str:
    """A project with one workflow `main`, pushed from the current folder."""
    Path("main.dig").write_text("timezone: Asia/Tokyo\n+a:\n  echo>: hello\n")
    digbot("push", name, "-r", "r-1").ok()
    return name


@pytest.fixture
def attempt(project: str, digbot: Digbot) -> str:
    """The id of an attempt of `main` that succeeded."""
    started = digbot("start", project, "main", "--session", "2024-01-02", "--wait")
    return field(started.ok(), "attempt id")


@pytest.fixture
def scheduled(digbot: Digbot, server: str, name: str) -> str:
    """A project with two schedules."""
    Path("main.dig").write_text("schedule:\n  daily>: 02:00:00\n+a:\n  echo>: x\n")
    Path("other.dig").write_text("schedule:\n  hourly>: 10:00\n+a:\n  echo>: x\n")
    digbot("push", name).ok()
    return name
