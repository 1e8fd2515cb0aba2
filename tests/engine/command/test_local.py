import os
import subprocess
import sys
import threading
import time

import pytest

from engine.command import table
from engine.command.base import CannotStart, Stopped
from engine.command.local import LocalCommands, stop_leftovers


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "output"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield path, descriptor
    os.close(descriptor)


def run(commands, output, *argv, cwd="/", env=(), attempt_id=1):
    ended = commands.run(argv, cwd=cwd, env=dict(env), output=output[1], attempt_id=attempt_id)
    return ended.code


def sh(commands, output, script, **options):
    return run(commands, output, "sh", "-c", script, **options)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def in_background(work):
    results = []

    def target():
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    return thread, results


def test_output_and_errors_go_to_the_descriptor(output, tmp_path):
    commands = LocalCommands()
    assert (
        sh(commands, output, "pwd; echo err >&2; cat; echo $X", cwd=tmp_path, env={"X": "é"}) == 0
    )
    assert output[0].read_text() == f"{tmp_path}\nerr\né\n"


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_exit_codes_are_the_shells(output, script, code):
    assert sh(LocalCommands(), output, script) == code


def test_children_that_live_on_are_reported(output):
    commands = LocalCommands()
    told = {"cwd": "/", "env": {}, "output": output[1], "attempt_id": 1}
    assert commands.run(["sh", "-c", "sleep 0.2 & :"], **told).children
    assert not commands.run(["sh", "-c", "sleep 0.01 & wait"], **told).children


def test_the_servers_environment_is_below_the_commands(output, monkeypatch):
    monkeypatch.setenv("BELOW", "server")
    commands = LocalCommands()
    sh(commands, output, "echo $BELOW $PATH")
    sh(commands, output, "echo $BELOW", env={"BELOW": "task"})
    assert output[0].read_text() == f"server {os.environ['PATH']}\ntask\n"


@pytest.mark.parametrize(
    ("argv", "options", "message"),
    [
        (["no-such-program"], {}, "there is no such program"),
        (["true"], {"cwd": "/no/such/folder"}, "there is no working directory '/no/such/folder'"),
        (["/etc/passwd"], {}, "Permission denied"),
        (["true", "a\0b"], {}, "null byte"),
        (["true"], {"env": {"A": "\ud800"}}, "variable A holds what is no valid text"),
        (["true"], {"env": {"BIG": "x" * 200_000}}, "largest variable is BIG, 200000 bytes"),
    ],
)
def test_what_cannot_be_started_is_said_clearly(output, argv, options, message):
    with pytest.raises(CannotStart, match=message):
        run(LocalCommands(), output, *argv, **options)


def test_a_kill_ends_a_command_with_its_children(output):
    commands = LocalCommands()
    thread, results = in_background(lambda: sh(commands, output, "sleep 60 & echo $!; sleep 60"))
    wait_for(lambda: output[0].read_text().endswith("\n"))
    child = int(output[0].read_text())
    begin = time.monotonic()
    commands.cancel(1)
    thread.join(5)
    assert results == [143]
    assert time.monotonic() - begin < 2
    assert table.start_ticks(child) is None


def test_after_the_grace_period_the_kill_is_one(output):
    commands = LocalCommands(grace=0.2)
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    thread, results = in_background(lambda: sh(commands, output, script))
    wait_for(lambda: "ready" in output[0].read_text())
    commands.cancel(1)
    thread.join(5)
    assert results == [137]


def test_children_that_clean_up_are_given_the_grace_period(output):
    commands = LocalCommands(grace=5)
    child = "import signal, sys, time; signal.signal(15, lambda *_: (time.sleep(0.2), print('clean'), sys.exit()));"
    child += "print('ready', flush=True); time.sleep(60)"
    script = f'{sys.executable} -c "{child}" & wait'
    thread, results = in_background(lambda: sh(commands, output, script))
    wait_for(lambda: "ready" in output[0].read_text())
    commands.cancel(1)
    thread.join(5)
    assert results == [143]
    assert output[0].read_text() == "ready\nclean\n"


def test_a_killed_attempt_starts_nothing_more(output):
    commands = LocalCommands()
    commands.cancel(1)
    with pytest.raises(Stopped):
        sh(commands, output, "true")
    assert sh(commands, output, "true", attempt_id=2) == 0
    commands.forget(1)
    assert sh(commands, output, "true") == 0


def test_a_server_that_exits_at_once_leaves_nothing(output):
    commands = LocalCommands()
    threads = [
        in_background(lambda n=n: sh(commands, output, "trap '' TERM; sleep 60; :", attempt_id=n))
        for n in (1, 2)
    ]
    wait_for(lambda: len(commands._running) == 2)
    commands.kill_all()
    for thread, results in threads:
        thread.join(5)
        assert results == [137]


def test_a_kill_races_with_starts_and_ends(output):
    commands = LocalCommands(grace=5)

    def many():
        codes = []
        while True:
            try:
                codes.append(sh(commands, output, "true"))
            except Stopped:
                return codes

    threads = [in_background(many) for _ in range(4)]
    time.sleep(0.2)
    commands.cancel(1)
    for thread, results in threads:
        thread.join(10)
        assert not thread.is_alive()
        assert set(results[0]) <= {0, 143}


def test_what_a_dead_server_left_is_stopped(output, tmp_path):
    script = f"""
import os, sys, threading
from pathlib import Path
from engine.command.local import LocalCommands
commands = LocalCommands(Path({str(tmp_path / "run")!r}))
threading.Timer(0.3, os._exit, [0]).start()
commands.run(["sleep", "60"], cwd="/", env={{}}, output=1, attempt_id=1)
"""
    subprocess.run([sys.executable, "-c", script], check=True, stdout=output[1])
    commands = LocalCommands(tmp_path / "run")
    (pid,) = stop_leftovers(tmp_path / "run", grace=1)
    wait_for(lambda: table.start_ticks(pid) is None)
    assert sh(commands, output, "true") == 0
    assert stop_leftovers(tmp_path / "run") == []


def test_nothing_is_left_over_by_commands_that_ended(output, tmp_path):
    commands = LocalCommands(tmp_path / "run")
    sh(commands, output, "true")
    with pytest.raises(CannotStart):
        run(commands, output, "no-such-program")
    assert stop_leftovers(tmp_path / "run") == []
