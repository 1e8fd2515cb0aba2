"""The `server` command as a process: what it prints, and how it ends."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from bot.cli.base import Parser, WrongUsage
from engine.errors import ConfigError
from tests.support.server import BIN, Server, clean_environment, run
from webhooks.auth import Credentials
from webhooks.serve import configure, refuse_open_door, with_options
from webhooks.settings import ServerSettings

SLEEPS = {"main.dig": "+a:\n  sh>: echo begun; sleep $seconds; echo over\n"}


def options(*words: str):
    parser = Parser("digbot server", "")
    configure(parser)
    return parser.parse(words)


class TestOptions:
    def test_win_over_the_configuration(self):
        config = {"server.port": "1", "server.bind": "::1", "schedule.enabled": "true"}

        found = with_options(config, options("-n", "2", "--disable-scheduler", "-H", "X-A=1"))

        assert found == {
            "server.port": "2",
            "server.bind": "::1",
            "schedule.enabled": "false",
            "server.http.headers.X-A": "1",
        }

    def test_a_header_needs_a_value(self):
        with pytest.raises(WrongUsage, match="KEY=VALUE but got: X-A"):
            with_options({}, options("-H", "X-A"))


class TestOpenDoor:
    @pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.0.1"])
    def test_strangers_need_a_password(self, bind):
        with pytest.raises(ConfigError, match=r"server\.authenticator\.basic\.username"):
            refuse_open_door(ServerSettings(bind=bind))
        refuse_open_door(ServerSettings(bind=bind, credentials=Credentials("a", "b")))

    @pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "localhost"])
    def test_this_machine_does_not(self, bind):
        refuse_open_door(ServerSettings(bind=bind))


def begin(server: Server, seconds: float) -> str:
    """An attempt whose command has begun to sleep."""
    attempt = server.start(server.upload("p", SLEEPS), "main", params={"seconds": seconds})
    server.until(lambda: "\nbegun" in server.task_log(attempt), "the command runs")
    return attempt


class TestLife:
    def test_says_where_it_is(self, tmp_path):
        with Server(tmp_path, "-X", f"server.runtime-info.path={tmp_path}/info") as server:
            text = server.output()

            assert server.url in text
            assert f"{server.url}/git/NAME.git" in text
            assert str(server.data) in text
            info = json.loads((tmp_path / "info").read_text())
            assert info["local_addresses"] == [{"host": "127.0.0.1", "port": server.port}]
        assert "Stopped." in server.output()
        assert "Traceback" not in server.output()

    def test_running_tasks_are_given_time(self, tmp_path):
        with Server(tmp_path) as server:
            attempt = begin(server, 0.5)

            assert server.stop() == 0

            server.boot()
            assert server.wait(attempt)["status"] == "success"
            assert server.task_log(attempt).count("\nbegun") == 1

    def test_what_takes_longer_is_handed_back(self, tmp_path):
        with Server(tmp_path, "--grace", "0") as server:
            attempt = begin(server, 3)
            asked = time.monotonic()

            assert server.stop(signal.SIGINT) == 0

            assert time.monotonic() - asked < 15
            server.boot()
            assert server.wait(attempt)["status"] == "success"
            assert server.task_log(attempt).count("\nbegun") == 2

    def test_a_second_interrupt_does_not_wait(self, tmp_path):
        with Server(tmp_path) as server:
            begin(server, 20)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            server.until(lambda: "Stopping" in server.output(), "it is stopping")
            asked = time.monotonic()

            assert server.stop(signal.SIGINT) == 130

            assert time.monotonic() - asked < 5


def refusal(folder: Path, *words: str) -> str:
    done = run([str(BIN / "digbot"), "server", *words], clean_environment(folder), folder)
    assert done.returncode != 0
    assert "Traceback" not in done.text
    return done.text


class TestRefusals:
    def test_a_folder_that_is_in_use(self, tmp_path):
        with Server(tmp_path) as server:
            said = refusal(tmp_path, "--database", str(server.data), "--port", "0")

        assert f"process {server.pid}" in said

    def test_a_port_that_is_in_use(self, tmp_path):
        with Server(tmp_path) as server:
            said = refusal(tmp_path, "--memory", "--port", str(server.port))

        assert "in use" in said

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--memory", "--database", "x"], "Setting both --database and --memory is invalid"),
            (["--port", "http"], "server.port: expected a whole number"),
            (["--prot", "1"], "--port"),
            (["--memory", "--bind", "0.0.0.0"], "authentication"),
        ],
    )
    def test_options_that_cannot_be_used(self, tmp_path, words, expected):
        assert expected in refusal(tmp_path, *words)
