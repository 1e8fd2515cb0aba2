"""problem.py: one problem as text, JSON and for GitHub."""

import json

import pytest

from engine.dig.problem import Problem, Severity, shown, to_github, to_json, to_text
from engine.dig.source import MemoryFiles
from engine.workflow import Position

FILES = MemoryFiles({"etl/a.dig": "+a:\n  sh>: 'x y', z\n\tshel\x1b[31m: bash\n" + "x" * 500})


def problem(line: int = 2, column: int = 3, message: str = "Unknown") -> Problem:
    return Problem("keys", Severity.ERROR, message, Position("etl/a.dig", line, column))


def test_a_problem_is_one_line() -> None:
    assert str(problem()) == "etl/a.dig:2:3: Unknown [keys]"
    assert str(Problem("keys", Severity.ERROR, "Unknown")) == "Unknown [keys]"


def test_text_shows_the_line_and_a_caret() -> None:
    assert to_text([problem()], FILES).splitlines() == [
        "etl/a.dig:2:3: Unknown [keys]",
        "  2 |   sh>: 'x y', z",
        "    |   ^~~",
    ]
    assert to_text([problem(column=8)], FILES).splitlines()[2] == "    |        ^~~~~"


def test_control_codes_of_a_file_do_not_reach_the_terminal() -> None:
    text = to_text([problem(line=3, column=2)], FILES)
    assert "\x1b" not in text
    assert "\t" not in text


def test_a_long_line_is_cut_around_the_place() -> None:
    lines = to_text([problem(line=4, column=300)], FILES).splitlines()
    assert max(len(line) for line in lines) < 300
    assert lines[1][lines[2].index("^")] == "x"


@pytest.mark.parametrize("line", [0, 99])
def test_a_place_outside_of_the_file_shows_no_line(line: int) -> None:
    assert len(to_text([problem(line=line)], FILES).splitlines()) == 1


def test_a_file_that_is_gone_shows_no_line() -> None:
    assert len(to_text([problem()], MemoryFiles({})).splitlines()) == 1


def test_warnings_are_called_so() -> None:
    warning = Problem("portability", Severity.WARNING, "Careful", Position("etl/a.dig", 1, 1))
    assert to_text([warning], FILES).startswith("etl/a.dig:1:1: warning: Careful [portability]\n")
    assert not warning.is_error


def test_colors_are_added_on_request() -> None:
    plain, painted = to_text([problem()], FILES), to_text([problem()], FILES, color=True)
    assert "\033[" in painted
    for code in ("\033[1m", "\033[31m", "\033[0m"):
        painted = painted.replace(code, "")
    assert painted == plain


def test_json_has_the_same_facts() -> None:
    assert to_json(problem()) == {
        "file": "etl/a.dig",
        "line": 2,
        "column": 3,
        "severity": "error",
        "rule": "keys",
        "message": "Unknown",
    }
    assert to_json(Problem("keys", Severity.WARNING, "x"))["line"] is None


def test_github_shows_it_beside_the_line() -> None:
    assert to_github(problem(message="100% wrong\nreally")) == (
        "::error file=etl/a.dig,line=2,col=3,title=keys::100%25 wrong%0Areally"
    )
    odd = Problem("keys", Severity.WARNING, "x", Position("a,b:c.dig", 1, 1))
    assert to_github(odd).startswith("::warning file=a%2Cb%3Ac.dig,line=1")


def test_problems_are_sorted_by_place() -> None:
    places = [(10, 1), (2, 9), (2, 1)]
    ordered = sorted(problem(line, column) for line, column in places)
    assert [(it.position.line, it.position.column) for it in ordered if it.position] == [
        (2, 1),
        (2, 9),
        (10, 1),
    ]


def test_a_file_name_that_is_no_utf8_can_be_printed() -> None:
    odd = Problem("names", Severity.ERROR, "x", Position("caf\udce9.dig", 1, 1))
    str(odd).encode()
    json.dumps(to_json(odd)).encode()
    to_github(odd).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        (9, "'9'"),
        (None, "'null'"),
        (["日", {"a": True}], """'["日", {"a": true}]'"""),
        ("a\nb\x1b", r"'a\nb\x1b'"),
    ],
)
def test_a_value_is_shown_in_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 10_000)) < 100
