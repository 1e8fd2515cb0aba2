"""The first promise of the README: `make demo` shows the whole path, and leaves one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    scratch = tmp_path_factory.mktemp("demo")
    command = [sys.executable, str(ROOT / "examples/demo.py")]
    env = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=180, check=False
    )
    return done, scratch


@pytest.mark.slow
class TestDemo:
    def test_every_step_is_as_it_says(self, demo):
        done, _ = demo

        assert done.returncode == 0, done.stdout + done.stderr
        assert re.findall(r"== (\d)/5", done.stdout) == ["1", "2", "3", "4", "5"]

    def test_commands_stand_before_their_output(self, demo):
        done, _ = demo

        pushed = done.stdout.index("$ git push origin main")
        assert done.stdout.index("remote:") > pushed
        assert done.stderr == ""

    def test_nothing_is_left_but_the_folder_that_it_names(self, demo):
        done, scratch = demo

        (left,) = scratch.iterdir()
        assert str(left) in done.stdout.splitlines()[-1]

    def test_the_server_has_stopped(self, demo):
        _, scratch = demo

        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        assert str(scratch) not in running.stdout
