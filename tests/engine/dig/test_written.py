"""written.py: what a rule sees of a task."""

from engine.dig.written import templated, written


def test_the_key_that_ends_in_an_angle_names_the_operator() -> None:
    task = written("+wf+a", "+a", {"sh>": "ls", "x": 1}, ((("+a",), {"sh>": "ls"}),), ("sh>",))
    assert (task.operator_key, task.operator, task.command) == ("sh>", "sh", "ls")
    assert not task.is_group


def test_type_decides_where_it_stands() -> None:
    own = {"_type": "echo", "_command": "hi", "sh>": "ls"}
    task = written("+wf+a", "+a", own, (((), own),), ("sh>",))
    assert (task.operator_key, task.operator, task.command) == ("_type", "echo", "hi")


def test_an_operator_that_is_an_expression_is_not_known() -> None:
    own = {"_type": "${kind}"}
    task = written("+wf+a", "+a", own, (((), own),), ())
    assert task.operator is None
    assert not task.is_group


def test_a_group_has_no_operator() -> None:
    task = written("+wf+a", "+a", {}, (((), {}),), ())
    assert task.is_group
    assert task.command is None


def test_a_key_is_where_the_last_mapping_has_it() -> None:
    pieces = ((("+a", 0), {"x": 1, "y": 1}), (("+a", 1), {"y": 2}))
    task = written("+wf+a", "+a", {"x": 1, "y": 2}, pieces, ())
    assert task.path("x") == ("+a", 0, "x")
    assert task.path("y", 3) == ("+a", 1, "y", 3)
    assert task.path("z") == ("+a", 0, "z")
    assert task.path() == ("+a", 0)


def test_templates() -> None:
    assert templated("a ${b}")
    assert not templated("$b")
    assert not templated(["${b}"])
