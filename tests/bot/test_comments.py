"""Every sentence of the bot, as text."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot import comments
from bot.comments import BUDGET, Deployed, Gone, NextRun, Refused
from engine.dig.problem import Problem, Severity
from engine.workflow import Position

COMMIT = "abc1234" + "0" * 33
BERLIN = timezone(timedelta(hours=1))


def project(name: str = "etl", revision: int = 13, **more: object) -> Deployed:
    values = {"action": "deployed", "workflows": 4, "schedules": 2, "commit": COMMIT, **more}
    return Deployed(name, revision, **values)  # type: ignore[arg-type]


def problem(message: str = "unknown key 'sedule'", *, error: bool = True) -> Problem:
    severity = Severity.ERROR if error else Severity.WARNING
    return Problem("keys", severity, message, Position("a.dig", 3, 7))


def test_one_line_per_project_in_columns() -> None:
    lines = comments.deployed(
        [
            project(),
            project("report", 2, workflows=1, schedules=0, action="unchanged"),
            project("x", 11, action="rolled_back", content_of=COMMIT),
            project("old", 1, action="adopted", schedules=1),
            project("tagged", 3, tag="v1.2"),
        ]
    )
    assert lines == [
        "etl     r13  4 workflows, 2 schedules  deployed",
        "report  r2   1 workflow, 0 schedules   unchanged since r2",
        "x       r11  4 workflows, 2 schedules  rolled back to the content of r11 (abc1234)",
        "old     r1   4 workflows, 1 schedule   adopted: the project was not deployed from a "
        "repository before",
        "tagged  r3   4 workflows, 2 schedules  deployed from tag v1.2",
    ]
    assert comments.deployed([]) == []


def test_what_changed_below_the_project() -> None:
    run = NextRun("daily", datetime(2026, 3, 1, 7, tzinfo=BERLIN), "Europe/Berlin")
    lines = comments.deployed(
        [
            project(
                added=["load"],
                changed={"daily": 2, "plain": 0},
                removed=["old"],
                next_runs=[run],
                warnings=[problem("not portable", error=False)],
                folder="pipelines/etl",
                schedules_off=True,
            )
        ]
    )
    assert lines[1:] == [
        "  + load  ~ daily (2 tasks)  ~ plain  - old",
        "  its schedules and triggers are off (digbot.yml: schedules: false)",
        "  next run of daily: 2026-03-01 07:00:00 +0100 (Europe/Berlin)",
        "  pipelines/etl/a.dig:3:7: warning: not portable [keys]",
    ]


def test_files_are_named_when_no_workflow_changed() -> None:
    assert comments.deployed([project(files={"q.sql": "~", "new.py": "+"})])[1] == (
        "  ~ q.sql  + new.py"
    )
    both = project(files={"q.sql": "~"}, changed={"daily": 1})
    assert comments.deployed([both])[1] == "  ~ daily (1 task)"


def test_long_lists_are_cut() -> None:
    runs = [NextRun(f"w{i}", datetime(2026, 1, 1, tzinfo=UTC), "UTC") for i in range(8)]
    lines = comments.deployed([project(added=[f"w{i}" for i in range(12)], next_runs=runs)])
    assert lines[1].endswith("+ w9  and 2 more")
    assert lines[-1] == "  and 3 more schedules"
    assert len(lines) == 8


def test_what_is_gone_and_what_waits() -> None:
    assert comments.gone([Gone("etl", comments.FOLDER_GONE)]) == [
        "etl  its folder is gone from the branch: its schedules stop, the project and its "
        "history stay"
    ]
    assert comments.no_ref("tags v*") == "nothing matches its deploy rule (tags v*) any more"
    assert comments.waiting("etl", "tags v*") == (
        "etl  not deployed yet: nothing matches its deploy rule (tags v*)"
    )
    assert comments.untouched(["a", "b"]) == "not touched by this push: a and b"


def test_problems_errors_first_with_the_path_in_the_repository() -> None:
    lines = comments.refused(
        [Refused("etl", [problem("maybe", error=False), problem()], "pipelines/etl")]
    )
    assert lines == [
        "pipelines/etl/a.dig:3:7: unknown key 'sedule' [keys]",
        "pipelines/etl/a.dig:3:7: warning: maybe [keys]",
    ]
    nowhere = Problem("owner", Severity.ERROR, "taken", None)
    assert comments.problem_line(nowhere, "etl") == "taken [owner]"
    assert comments.problem_line(problem(), ".") == "a.dig:3:7: unknown key 'sedule' [keys]"


def test_beside_a_refused_ref() -> None:
    assert comments.reason(1) == "digbot: 1 problem"
    assert comments.reason(2) == "digbot: 2 problems"
    assert comments.failed("no space left") == "digbot: no space left"
    assert comments.failed(None) == "digbot: internal error, see the log of the server"
    assert comments.mirrored("https://x/y") == "digbot: a copy of https://x/y; push there"
    assert comments.name_in_the_way("refs/heads/a") == "digbot: refs/heads/a is in the way"
    assert comments.not_a_commit("a tree") == "digbot: a tree"


def test_what_a_refusal_means() -> None:
    assert comments.nothing_deployed(2, []) == [
        "2 problems: nothing is deployed, what runs goes on running"
    ]
    assert comments.nothing_deployed(1, ["side"])[1] == "accepted without a deploy: side"
    assert comments.partly_deployed(["a"]) == (
        "not deployed, because of problems: a; what runs goes on running"
    )


def test_owners_and_folders() -> None:
    assert comments.owned("etl", "first", "second") == (
        "project 'etl' belongs to the repository 'first'; 'second' needs another name for it "
        "(digbot.yml)"
    )
    assert comments.missing_folder("x") == "there is no folder 'x' at this commit"
    assert comments.no_folder("x", "submodule") == "'x' is a submodule, not a folder"


def test_other_branches() -> None:
    assert comments.branch_checked("f", "main", ["a"]) == "f: a can be merged into main"
    assert comments.branch_checked("f", "main", []) == "f: changes no project of main"
    assert comments.branch_broken("f", "main", 1) == "f: 1 problem when it is merged into main"
    assert comments.conflicts("f", "main", ["a.dig", "b"]) == (
        "f: cannot be merged into main as it is (conflict in a.dig and b)"
    )
    assert comments.ref_removed("f") == "f: removed"
    assert comments.preview("etl", added=["a"], changed={"b": 1}, removed=[]) == (
        "  etl  + a  ~ b (1 task)"
    )
    assert comments.preview("etl", added=[], changed={}, removed=[]) == "  etl  other files changed"


def test_while_it_works_and_when_it_fails() -> None:
    assert comments.queued("shop") == "Waiting: another push to shop is being deployed"
    assert (
        comments.checking(["a", "b"], [("main", COMMIT)]) == "Checking a and b at main (abc1234) …"
    )
    assert comments.deploy_failed("disk full") == [
        "The push is stored, but its deploy failed: disk full",
        "It is tried again by itself; what runs goes on running",
    ]
    assert comments.no_such_branch("shop", "x") == (
        "shop has no branch 'x' that could become its default here"
    )


def test_names_in_a_row() -> None:
    assert comments.names([]) == ""
    assert comments.names(["a"]) == "a"
    assert comments.names(["a", "b"]) == "a and b"
    assert comments.names(["a", "b", "c"]) == "a, b and c"
    assert comments.names(map(str, range(12))).endswith("8, 9 and 2 more")


def test_a_report_has_a_budget_and_keeps_its_last_line() -> None:
    lines = [f"line {i}" for i in range(100)]
    cut = comments.budget(lines)
    assert len(cut) == BUDGET
    assert cut[:-2] == lines[: BUDGET - 2]
    assert cut[-2:] == ["… and 61 more lines …", "line 99"]
    assert comments.budget(lines[:BUDGET]) == lines[:BUDGET]


@given(st.lists(st.text(max_size=30), max_size=60))
def test_nothing_can_paint_the_terminal(lines: list[str]) -> None:
    for line in comments.budget(lines):
        assert line.isprintable()


def test_control_characters_are_spelled_out() -> None:
    assert comments.plain("a\x1b[31mred\r\n") == "a\\x1b[31mred\\r\\n"
    assert len(comments.plain("x" * 10_000)) == 500
    evil = problem("found '\x1b]0;title\x07'")
    assert "\x1b" not in comments.budget([comments.problem_line(evil, ".")])[0]
