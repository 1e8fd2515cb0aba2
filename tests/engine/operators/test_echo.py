import pytest


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("hello", "hello"),
        (" two  spaces ", " two  spaces "),
        ("one\ntwo", "one\ntwo"),
        ("${v}-${1 + 1}", "1-2"),
        (42, "42"),
        (True, "true"),
        ("", ""),
        ("costs ${secret:a}", "costs ${secret:a}"),
    ],
)
def test_the_text_is_printed(project, command, line):
    ran = project().run({"echo>": command}, params={"v": 1})
    assert ran.result
    assert ran.log.endswith(f"\n{line}\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (None, "Parameter 'echo>' is required but not set (config)"),
        (["a"], "Expected string type for key 'echo>' but got [\"a\"] (array) (config)"),
        ({"a": 1}, "Expected string type for key 'echo>' but got {\"a\":1} (object) (config)"),
    ],
)
def test_other_commands_fail(project, command, message):
    assert project().run({"echo>": command}).error == message
