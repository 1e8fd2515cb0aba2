"""loader.py: `!include` (language.md §3)."""

from typing import Any

import pytest

from engine.dig.loader import Loader
from engine.dig.source import MemoryFiles, locate

INC = "k: v\na: 7\nm: {n: 1, o: 2}"


def value_of(main: str, **files: str) -> Any:
    loader = Loader(MemoryFiles({"main.dig": main, "inc.dig": INC, **files}))
    document = loader.load("main.dig")
    assert loader.problems == []
    return document.value


def problems_of(files: dict[str, str]) -> list[str]:
    loader = Loader(MemoryFiles(files))
    assert loader.load("main.dig").broken
    return [str(problem) for problem in loader.problems]


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("a: 1\n!include : inc.dig\nz: 9", {"a": 7, "k": "v", "m": {"n": 1, "o": 2}, "z": 9}),
        ("m: {n: 5, p: 6}\n!include : inc.dig", {"m": {"n": 1, "p": 6, "o": 2}, "k": "v", "a": 7}),
        ("!include : inc.dig\nm: {n: 5, p: 6}", {"k": "v", "a": 7, "m": {"n": 5, "p": 6}}),
        (
            "x:\n  !include : inc.dig\n  k: own",
            {"x": {"k": "own", "a": 7, "m": {"n": 1, "o": 2}}},
        ),
        ("x:\n- !include : 'inc.dig'", {"x": [{"k": "v", "a": 7, "m": {"n": 1, "o": 2}}]}),
        ("!include : inc.dig\n<<: {a: 1, b: 2}", {"k": "v", "a": 1, "m": {"n": 1, "o": 2}, "b": 2}),
    ],
    ids=["L-06", "L-07", "L-08", "L-09", "in a list", "merged after"],
)
def test_entries_stand_where_the_directive_is(main: str, expected: dict[str, Any]) -> None:
    value = value_of(main)
    assert value == expected
    assert list(value) == list(expected)


def test_a_deep_merge_leaves_the_included_file_as_it_is() -> None:
    files = MemoryFiles({"a.dig": "m: {n: 5}\n!include : i.dig", "i.dig": "m: {n: 1, o: {p: 1}}"})
    loader = Loader(files)
    loader.load("a.dig")
    assert loader.load("i.dig").value == {"m": {"n": 1, "o": {"p": 1}}}


def test_any_number_at_any_depth() -> None:
    value = value_of("!include : b.yml\n!include : c.yml\n", **{"b.yml": "a: 1", "c.yml": "b: 2"})
    assert value == {"a": 1, "b": 2}


def test_paths_are_relative_to_the_including_file() -> None:
    files = {"sub/x.dig": "!include : deep/y.yml", "sub/deep/y.yml": "y: 1"}
    assert value_of("!include : sub/x.dig", **files) == {"y": 1}


def test_a_path_that_normalises_back_is_accepted() -> None:
    files = {"c/x.dig": "!include : ../c/y.yml", "c/y.yml": "y: 1"}
    assert value_of("!include : c/x.dig", **files) == {"y": 1}


def test_a_number_is_taken_as_its_text() -> None:
    assert value_of("!include : 7", **{"7": "a: 1"}) == {"a": 1}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"main.dig": "!include : no.dig"}, "main.dig:1:1: The file 'no.dig' does not exist"),
        ({"main.dig": "!include : ../x.dig"}, "main.dig:1:12: The included file '../x.dig' must"),
        ({"main.dig": "!include : /etc/passwd"}, "main.dig:1:12: The included file '/etc/passwd'"),
        ({"main.dig": "!include : [a]"}, "main.dig:1:12: '!include :' takes a file name, found a"),
        ({"main.dig": "!include :"}, "'!include :' takes a file name, found nothing"),
        ({"main.dig": "!include : i.yml", "i.yml": "- 1"}, "i.yml:1:1: A mapping is expected"),
        ({"main.dig": "!include : main.dig"}, "cannot include itself: main.dig → main.dig"),
        ({"main.dig": "x: !include f.dig"}, "main.dig:1:4: '!include' stands before a colon"),
        ({"main.dig": "!include: f.dig"}, "write a blank before the colon"),
        ({"main.dig": "a: 1\n!include: f.dig\nb: 2"}, "main.dig:2:1: Unknown tag '!include:'"),
        (
            {"main.dig": "!include : sub/x.dig", "sub/x.dig": "!include : ../sub2/y", "sub2/y": ""},
            "sub/x.dig:1:12: The included file '../sub2/y' must be inside the folder of sub/x.dig",
        ),
    ],
)
def test_what_cannot_be_included(files: dict[str, str], problem: str) -> None:
    assert any(problem in found for found in problems_of(files))


def test_the_place_of_an_included_key_is_in_its_own_file() -> None:
    loader = Loader(MemoryFiles({"main.dig": "m: {x: 1}\n!include : inc.dig", "inc.dig": INC}))
    spot = loader.load("main.dig").spot
    assert locate(spot, ("k",)).file == "inc.dig"
    assert locate(spot, ("m", "o")).line == 3
    assert locate(spot, ("m", "x")).file == "main.dig"


def test_a_file_is_read_once() -> None:
    class Counting(MemoryFiles):
        reads = 0

        def read(self, path: str) -> bytes:
            self.reads += 1
            return super().read(path)

    files = Counting({"a.dig": "x:\n  !include : i.yml\ny:\n  !include : i.yml", "i.yml": "a: 1"})
    loader = Loader(files)
    assert loader.load("a.dig") is loader.load("a.dig")
    assert files.reads == 2
    assert loader.includes == {"i.yml"}
