"""Triggers across projects, as values."""

from bot.dependencies import Finding, Incoming, Known, check

NOTHING = Known()


def new(*workflows: str, **upstreams: str) -> Incoming:
    pairs = {name: tuple(text.split("/")) for name, text in upstreams.items()}
    return Incoming(frozenset([*workflows, *upstreams]), pairs)  # type: ignore[arg-type]


def checked(
    incoming: dict[str, Incoming],
    known: Known = NOTHING,
    *broken: str,
    partly: bool = False,
) -> list[Finding]:
    return check(incoming, broken, known, partly=partly)


def test_an_upstream_of_the_same_push() -> None:
    assert checked({"etl": new("daily"), "report": new(sum="etl/daily")}) == []
    assert checked({"etl": new("daily", sum="etl/daily")}) == []


def test_an_upstream_in_the_store() -> None:
    known = Known(projects={"etl": 1}, workflows={"etl": frozenset({"daily"})})
    assert checked({"report": new(sum="etl/daily")}, known) == []


def test_an_unknown_project_is_an_error() -> None:
    known = Known(projects={"etl": 1})
    (finding,) = checked({"report": new(sum="etk/daily")}, known)
    assert finding == Finding(
        "report",
        "sum",
        "Dependent project 'etk' not found in trigger config (did you mean 'etl'?)",
        True,
    )


def test_an_unknown_workflow_is_a_warning() -> None:
    (finding,) = checked({"etl": new("daily"), "report": new(sum="etl/dialy")})
    assert finding == Finding(
        "report",
        "sum",
        "project 'etl' has no workflow 'dialy' (did you mean 'daily'?); the trigger never fires",
        False,
    )


def test_a_declared_project_is_known_before_it_is_deployed() -> None:
    (finding,) = checked({"report": new(sum="etl/daily")}, Known(declared=frozenset({"etl"})))
    assert not finding.is_error


def test_a_project_that_is_broken_is_known_but_not_looked_into() -> None:
    known = Known(declared=frozenset({"etl"}))
    assert checked({"report": new(sum="etl/daily")}, known, "etl") == []


def test_a_project_that_is_refused_and_never_was_there() -> None:
    known = Known(declared=frozenset({"etl"}))
    (finding,) = checked({"report": new(sum="etl/daily")}, known, "etl", partly=True)
    assert finding.is_error
    there = Known(projects={"etl": 1}, declared=frozenset({"etl"}))
    assert checked({"report": new(sum="etl/daily")}, there, "etl", partly=True) == []


def test_a_circle_is_shown_as_a_path() -> None:
    incoming = {"a": new(x="c/z"), "b": new(y="a/x")}
    known = Known(
        projects={"c": 1},
        upstreams={("c", "z"): ("b", "y"), ("d", "w"): ("c", "z")},
        workflows={"c": frozenset({"z"})},
    )
    assert checked(incoming, known) == [
        Finding("a", "x", "the triggers go in a circle: a/x → b/y → c/z → a/x", True)
    ]


def test_a_workflow_that_triggers_itself() -> None:
    assert [f.message for f in checked({"a": new(x="a/x")})] == [
        "the triggers go in a circle: a/x → a/x"
    ]


def test_a_circle_is_said_once_and_only_when_the_push_is_in_it() -> None:
    incoming = {"a": new(x="a/y", y="a/x", z="a/x")}
    assert len([f for f in checked(incoming) if "circle" in f.message]) == 1
    known = Known(
        projects={"p": 1},
        upstreams={("p", "x"): ("p", "y"), ("p", "y"): ("p", "x")},
        workflows={"p": frozenset({"x", "y"})},
    )
    assert checked({"a": new(x="p/x")}, known) == []


def test_a_push_may_open_a_circle() -> None:
    known = Known(projects={"a": 1}, upstreams={("a", "x"): ("a", "x")})
    assert checked({"a": new("x")}, known) == []


def test_a_triggered_workflow_that_goes() -> None:
    known = Known(
        projects={"etl": 1, "report": 1},
        upstreams={("report", "sum"): ("etl", "daily")},
        workflows={"etl": frozenset({"daily"})},
    )
    assert checked({"etl": new("hourly")}, known) == [
        Finding("etl", None, "workflow 'daily' is gone, but 'report/sum' is triggered by it", False)
    ]
    assert checked({"etl": new("hourly"), "report": new("sum")}, known) == []
    assert checked({"etl": new("daily")}, known) == []


def test_a_long_chain_is_quick() -> None:
    incoming = {f"p{i}": new(w=f"p{i + 1}/w") for i in range(500)} | {"p500": new("w")}
    assert checked(incoming) == []
