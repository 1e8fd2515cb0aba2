import sys

import pytest

from engine.testing import TestProject


@pytest.fixture
def project(tmp_path):
    """Makes a project of files; one test makes one."""

    def make(files=(), **options):
        return TestProject(tmp_path, dict(files), **options)

    return make


@pytest.fixture
def run(project):
    """Runs one `py>` task with this Python; `tasks` is the text of tasks.py."""

    def make(tasks, task, params=None, files=(), **fields):
        made = project({"tasks.py": tasks, **dict(files)}, secrets={"token": "abc123"})
        task = {"py>": task} if isinstance(task, str) else task
        return made.run({"python": sys.executable, **task}, params=params, **fields)

    return make
