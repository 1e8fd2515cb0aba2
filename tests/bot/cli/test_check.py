from __future__ import annotations

import json
from pathlib import Path

import pytest

GOOD = "+a:\n  echo>: x\n+b:\n  echo>: y\n"
SCHEDULED = "timezone: Asia/Tokyo\nschedule:\n  daily>: 02:00:00\n" + GOOD
BAD = "+a:\n  _paralel: true\n  +b:\n    echo>: x\n"


@pytest.fixture(autouse=True)
def _here(digbot):
    """In the folder that `digbot` makes."""


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


class TestFine:
    def test_says_what_there_is(self, digbot):
        write("main.dig", SCHEDULED)
        write("other.dig", GOOD)

        out = digbot("check", "-p", "a=1").ok()

        assert out.startswith("  System default timezone: ")
        assert "  Definitions (2 workflows):\n    main (3 tasks)\n    other (3 tasks)\n" in out
        assert '  Parameters:\n    {"a":"1"}\n' in out
        assert "  Schedules (1 entries):\n    main:\n      daily>: 02:00:00\n" in out
        assert "first session time: " in out
        assert "+0900 (in " in out

    def test_one_workflow(self, digbot):
        write("main.dig", SCHEDULED)
        write("other.dig", BAD)

        assert "Definitions (1 workflows):\n    main" in digbot("check", "main.dig").ok()
        assert digbot("check").code == 1

    def test_every_project_of_a_repository(self, digbot):
        write("etl/main.dig", GOOD)
        write("report/main.dig", BAD)

        ran = digbot("check")

        assert ran.code == 1
        assert "report/main.dig:2:3: " in ran.out


class TestProblems:
    def test_as_text(self, digbot):
        write("main.dig", BAD)

        ran = digbot("check")

        assert ran.code == 1
        first, source, caret, *_ = ran.out.splitlines()
        assert first.startswith("main.dig:2:3: ")
        assert "_parallel" in first
        assert source.endswith("_paralel: true")
        assert "^" in caret
        assert ran.out.endswith("\n1 error, 0 warnings\n")

    def test_as_json(self, digbot):
        write("main.dig", BAD)

        (line,) = digbot("check", "--format", "json").out.splitlines()

        found = json.loads(line)
        assert (found["file"], found["line"], found["column"]) == ("main.dig", 2, 3)
        assert found["severity"] == "error"
        assert found["rule"]

    def test_as_annotations_with_paths_from_here(self, digbot):
        write("etl/main.dig", BAD)

        out = digbot("check", "--project", "etl", "--format", "github").out

        assert out.startswith("::error file=etl/main.dig,line=2,col=3,")

    def test_other_formats_are_silent_when_all_is_well(self, digbot):
        write("main.dig", GOOD)

        assert digbot("check", "--format", "json").ok() == ""

    def test_files_that_cannot_be_read(self, digbot):
        Path("main.dig").write_bytes(b"\xff\xfe\x00")

        ran = digbot("check")

        assert ran.code == 1
        assert "main.dig:" in ran.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 1, "There is no workflow"),
        (["absent"], 1, "Workflow 'absent' does not exist"),
        (["--format", "jsn"], 2, "unknown value: jsn (did you mean 'json'?)"),
        (["--project", "absent"], 1, "Project directory 'absent' does not exist"),
    ],
)
def test_mistakes(digbot, words, code, said):
    ran = digbot("check", *words)

    assert ran.code == code
    assert said in ran.err
