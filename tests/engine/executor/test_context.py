import os
import sys

import pytest

from engine.errors import ConfigError
from engine.operators.api import Command, TaskFailed
from engine.outcome import TaskResult
from tests.support.scripted import Scripted

FILES = {
    "top.txt": "top",
    "sub/inner.txt": "inner",
    "sub/called.dig": "+one:\n  echo>: x\n",
}
SECRETS = {"pg.password": "pg-secret", "extra.db.password": "other-secret"}


@pytest.fixture
def within(project):
    """Calls a function with the context of a task, and gives back what it returned."""

    def make(work, params=None, **task):
        found = []

        def ending(_request, context):
            found.append(work(context))
            return TaskResult()

        made = project(FILES, secrets=SECRETS, operators=[Scripted(ending)])
        ran = made.run({"scripted>": "x", **task}, params=params)
        return found[0] if found else ran

    return make


def failing(work):
    """The message of the failure that `work` raises."""

    def catching(context):
        with pytest.raises((TaskFailed, ConfigError)) as caught:
            work(context)
        return str(caught.value)

    return catching


def test_the_workspace_holds_the_project(within):
    def look(context):
        assert context.project_path == context.working_directory
        return sorted(os.listdir(context.project_path))

    assert within(look) == [".digdag", "sub", "top.txt"]


def test_relative_names_begin_in_the_working_directory(within):
    def look(context):
        assert context.working_directory == context.project_path / "sub"
        return context.read_file("inner.txt"), context.read_file("../top.txt")

    assert within(look, {"_workdir": "sub"}) == (b"inner", b"top")


def test_files_are_read_without_a_workspace(within, tmp_path):
    def look(context):
        context.read_file("top.txt")
        return os.listdir(tmp_path / "workspaces")

    assert within(look) == [".revisions"]


def test_once_there_is_a_workspace_its_files_are_read(within):
    def look(context):
        (context.project_path / "new.txt").write_text("new")
        return context.read_file("new.txt")

    assert within(look) == b"new"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.txt", "File not found: missing.txt (config)"),
        ("sub", "File not found: sub (config)"),
        ("../../etc/passwd", "File name must not be outside of project path: ../../etc/passwd (config)"),
        ("/etc/passwd", "File name must not be outside of project path: /etc/passwd (config)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("opened", [False, True])
def test_files_that_cannot_be_read(within, name, message, opened):
    def look(context):
        if opened:
            assert context.project_path
        return failing(lambda each: each.read_file(name))(context)

    assert within(look) == message


def test_a_workflow_is_loaded_from_the_working_directory(within):
    definition = {"+one": {"echo>": "x"}}
    assert within(lambda c: c.load_workflow("sub/called")) == ("sub/called.dig", definition)
    found = within(lambda c: c.load_workflow("called.dig"), {"_workdir": "sub"})
    assert found == ("sub/called.dig", definition)


def test_scratch_folders_are_new_and_inside(within):
    def look(context):
        first, second = context.scratch("x"), context.scratch("x")
        assert first != second
        return first.parent.relative_to(context.project_path)

    assert str(within(look)) == ".digdag/tmp"


def test_secrets(within):
    assert within(lambda c: c.secret("pg.password")) == "pg-secret"
    renamed = within(lambda c: c.secret("pg.password"), _secrets={"pg": "extra.db"})
    assert renamed == "other-secret"
    message = within(failing(lambda c: c.secret("pg.user")))
    assert message == "Secret not found for key: 'pg.user' (secret not found)"


def sh(context, script, **env):
    return context.run_command(Command(["sh", "-c", script], context.working_directory, env))


def test_commands_get_env_and_log(project):
    def ending(_request, context):
        code = sh(context, 'echo "$A $B"; exit 3', A="given", B="given")
        return TaskResult(store={"code": code})

    made = project(operators=[Scripted(ending)])
    ran = made.run({"scripted>": "x", "_env": {"B": "own"}})
    assert ran.result.store == {"code": 3}
    assert ran.log.endswith("\ngiven own\n")


def test_env_is_not_renamed(project):
    def ending(_request, context):
        sh(context, 'test "$B" = pg-secret && echo same')
        return TaskResult()

    made = project(secrets=SECRETS, operators=[Scripted(ending)])
    task = {"_env": {"B": "${secret:pg.password}"}, "_secrets": {"pg": "extra.db"}}
    assert made.run({"scripted>": "x", **task}).log.endswith("\nsame\n")


def test_what_a_command_prints_of_a_secret_is_hidden(project):
    script = (
        "import os, sys, time; s = os.environ['S']; w = sys.stdout.write;"
        " w('a ' + s[:4]); sys.stdout.flush(); time.sleep(0.05); w(s[4:] + ' b'); w('\\n' * 3); w(s)"
    )

    def ending(_request, context):
        command = Command([sys.executable, "-c", script], context.working_directory)
        return TaskResult(store={"code": context.run_command(command)})

    made = project(secrets=SECRETS, operators=[Scripted(ending)])
    ran = made.run({"scripted>": "x", "_env": {"S": "${secret:pg.password}"}})
    assert ran.result.store == {"code": 0}
    assert ran.log.endswith("\na *** b\n\n\n***")


def test_a_child_that_lives_on_does_not_hold_up_a_task_with_secrets(project):
    def ending(_request, context):
        context.secret("pg.password")
        return TaskResult(store={"code": sh(context, "sleep 3 & echo done")})

    ran = project(secrets=SECRETS, operators=[Scripted(ending)]).run({"scripted>": "x"})
    assert ran.result.store == {"code": 0}
    assert ran.log.endswith("\ndone\n")


def test_a_full_disk_is_said_also_where_output_is_filtered(project):
    def ending(_request, context):
        context.secret("pg.password")
        os.dup2(os.open("/dev/full", os.O_WRONLY), context.log.fileno())
        return TaskResult(store={"code": sh(context, "echo x")})

    ran = project(secrets=SECRETS, operators=[Scripted(ending)]).run({"scripted>": "x"})
    assert ran.error == "The log of the task cannot be written: No space left on device"


def test_a_killed_attempt_starts_no_more_commands(project):
    def ending(request, context):
        made.services.commands.cancel(request.attempt_id)
        return TaskResult(store={"code": sh(context, "true")})

    made = project(operators=[Scripted(ending)])
    assert made.run({"scripted>": "x"}).error.startswith("Got a cancel-requested: attempt_id=1")
