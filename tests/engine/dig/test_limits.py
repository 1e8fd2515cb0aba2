"""limits.py: input that is made to harm is refused, with its place, and quickly."""

import time

import pytest

from engine.dig import limits
from engine.dig.loader import Loader
from engine.dig.source import MemoryFiles

LAUGHS = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}' if i else 'x'] * 12)}]\n" for i in range(12)
)
INCLUDES = {
    "a.dig": "!include : i0.dig",
    **{
        f"i{i}.dig": "".join(f"k{j}:\n  !include : i{i + 1}.dig\n" for j in range(12))
        for i in range(12)
    },
    "i12.dig": "x: 1",
}
CHAIN = {f"c{i}.dig": f"!include : c{i + 1}.dig" for i in range(100)}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.dig": LAUGHS}, "values, with those of aliases and includes"),
        ({"a.dig": "m: &m {a: 1}\n" + "k: {<<: [" + "*m, " * 400_000 + "]}"}, "values, with"),
        ({"a.dig": "a: [" + "1," * 500_000 + "]"}, "values, with"),
        ({"a.dig": "a: " + "[" * 50_000}, "levels deep"),
        ({"a.dig": "{a: " * 50_000}, "levels deep"),
        ({"a.dig": "- " * 50_000}, "levels deep"),
        ({"a.dig": "? " * 50_000}, "levels deep"),
        ({"a.dig": "a: " + "x" * limits.FILE_BYTES}, "larger than"),
        ({"a.dig": "a: 1\n" * 200_000}, "a second time"),
        (INCLUDES, "values, with those of aliases and includes"),
        ({"a.dig": "!include : c0.dig", **CHAIN}, "files include each other in a chain"),
        ({"a.dig": "!include : b.dig", "b.dig": "!include : a.dig"}, "a.dig → b.dig → a.dig"),
        (
            {"a.dig": "a: " + "{a: " * 60 + "{!include : b.dig}" + "}" * 60}
            | {"b.dig": "a: " + "[" * 60 + "]" * 60},
            "levels deep",
        ),
    ],
)
def test_bombs_end_at_a_limit(files: dict[str, str], message: str) -> None:
    loader = Loader(MemoryFiles(files))
    began = time.process_time()
    assert loader.load("a.dig").broken
    assert time.process_time() - began < 2
    assert any(message in str(problem) for problem in loader.problems)
    assert len(loader.problems) <= limits.PROBLEMS


def test_a_project_holds_a_limited_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROJECT_NODES", 10)
    loader = Loader(MemoryFiles({f"{i}.dig": "a: [1, 2, 3]" for i in range(9)}))
    assert [loader.load(f"{i}.dig").broken for i in range(9)].count(True) > 0
    assert "more than 10 values" in str(loader.problems[0])


def test_deep_but_sane_nesting_is_read() -> None:
    text = "a: " + "[" * (limits.DEPTH - 1) + "]" * (limits.DEPTH - 1)
    assert not Loader(MemoryFiles({"a.dig": text})).load("a.dig").broken
