import pytest

SECRETS = {"token": "abc123", "db.password": "p w$d"}


def printed(ran):
    """The lines of the log that are no lines of the engine."""
    return [line for line in ran.log.splitlines() if "digbot:" not in line and line[:3] == "-> "]


def run(project, script, params=None, files=(), **task):
    ran = project(files, secrets=SECRETS).run({"sh>": script, **task}, params=params)
    return [line[3:] for line in printed(ran)]


def test_a_script_runs_in_the_project(project):
    files = {"data.txt": "content\n", "bin/tool.sh": "#!/bin/sh\necho -> tool\n"}
    assert run(project, 'echo "-> $(cat data.txt)"; ./bin/tool.sh >&2', files=files) == ["content"]


def test_an_executable_file_can_be_run(project):
    files = {"bin/tool": '#!/bin/sh\necho "-> tool"\n'}
    assert run(project, "bin/tool", files=files) == ["tool"]


def test_the_working_directory_is_that_of_the_called_file(project):
    files = {"sub/here.txt": "sub"}
    assert run(project, 'echo "-> $(cat here.txt)"', {"_workdir": "sub"}, files) == ["sub"]


def test_every_parameter_is_a_variable(project):
    params = {
        "text": 'hello "world"',
        "number": 42,
        "float": 1.5,
        "flag": True,
        "list": [1, "two", {"é": 3}],
        "nothing": None,
        "bad-key": "hidden",
    }
    script = """
        echo "-> $text|$number|$float|$flag|$list|[$nothing]|$own"
        echo "-> $session_time $timezone $task_name"
        env | grep -c bad-key | sed 's/^/-> /'
    """
    assert run(project, script, params, own="local") == [
        'hello "world"|42|1.5|true|[1,"two",{"é":3}]|[]|local',
        "2024-01-02T00:00:00+00:00 UTC +main+task",
        "0",
    ]


def test_own_variables_come_first(project):
    env = {"GREETING": "hello ${name}", "NUMBER": 42, "SECRET": "<${secret:token}>"}
    script = 'echo "-> $GREETING $NUMBER"; test "$SECRET" = "<abc123>" && echo "-> known"'
    params = {"name": "bob", "GREETING": "exported"}
    assert run(project, script, params, _env=env) == ["hello bob 42", "known"]


def test_variables_exported_as_env_count_only_below_the_tasks_own(project):
    exported = {"_env": {"A": "exported", "B": "exported"}}
    script = 'echo "-> [$A] [$B]"'
    assert run(project, script, exported, _env={"A": "own"}) == ["[own] [exported]"]


def test_variables_that_are_only_exported_have_no_effect(project):
    assert run(project, 'echo "-> [$A]"', {"_env": {"A": "exported"}}) == ["[]"]


def test_secrets_are_filled_in_and_hidden(project):
    script = """
        test "${secret:token}" = abc123 && test '${secret: db.password }' = 'p w$d' && echo "-> both"
        echo "-> ${secret:token}"
    """
    assert run(project, script) == ["both", "***"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"sh>": "exit 7"}, "Command failed with code 7 (runtime)"),
        ({"sh>": "no-such-command"}, "Command failed with code 127 (runtime)"),
        ({"sh>": "echo ${secret:no}"}, "Secret not found for key: 'no' (secret not found)"),
        ({"sh>": "x", "_env": {"A-B": 1}}, "Invalid _env key name: A-B (config)"),
        ({"sh>": "x", "shell": "bash"}, "Expected array type for key 'shell' but got \"bash\" (string) (config)"),
        ({"sh>": "x", "shell": ["no-such"]}, "Cannot run 'no-such': there is no such program (runtime)"),
        ({"sh>": None}, "Parameter 'sh>' is required but not set (config)"),
        ({"sh>": "x", "_workdir": "../.."}, "File name must not be outside of project path: ../.. (config)"),
    ],
)  # fmt: skip
def test_failures(project, task, message):
    assert project().run(task).error == message


def test_a_missing_working_directory_is_named(project):
    error = project().run({"sh>": "x", "_workdir": "nowhere"}).error
    assert "there is no working directory" in error
    assert error.endswith("nowhere' (runtime)")


@pytest.mark.parametrize("task", [{"docker": {"image": "x"}}, {"docker": None}])
def test_what_asks_for_a_container_never_runs_on_the_server(project, task):
    ran = project().run({"sh>": "echo '-> ran'", **task})
    assert "runs commands as plain processes only" in ran.error
    assert printed(ran) == []


def test_defaults_of_all_sh_tasks(project):
    params = {"sh": {"shell": ["sh", "-e"], "who": "all"}}
    assert run(project, 'echo "-> $who $shell"; false; echo "-> not after"', params) == [
        'all ["sh","-e"]'
    ]


def test_an_exported_container_for_all_sh_tasks_counts_too(project):
    error = project().run({"sh>": "x"}, params={"sh": {"docker": {"image": "x"}}}).error
    assert "plain processes only" in error


def test_an_empty_script_succeeds(project):
    assert project().run({"sh>": ""}).result


def test_the_script_is_no_shell_of_its_own_for_long_lines(project):
    text = "x" * 300_000
    assert run(project, f'v="{text}"; echo "-> $(printf %s "$v" | wc -c)"') == ["300000"]


def test_a_parameter_too_large_for_a_variable_is_named(project):
    error = project().run({"sh>": "true"}, params={"huge": "x" * 300_000}).error
    assert "largest variable is huge" in error
