"""yaml.py: values, their places, and what is refused (language.md §2)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dig.loader import Loader, read
from engine.dig.source import MemoryFiles, locate
from engine.dig.yaml import Document


def loaded(text: str | bytes) -> tuple[Document, list[str]]:
    loader = Loader(MemoryFiles({"a.dig": text}))
    document = loader.load("a.dig")
    return document, [str(problem) for problem in loader.problems]


def value_of(text: str | bytes) -> Any:
    document, problems = loaded(text)
    assert problems == []
    assert not document.broken
    return document.value


def test_the_order_of_keys_is_kept() -> None:
    assert list(value_of("z: 1\na: 2\nm: 3")) == ["z", "a", "m"]


def test_a_byte_order_mark_is_accepted() -> None:
    assert value_of("\ufeffa: 1".encode()) == {"a": 1}


def test_l05_quoted_scalars_are_text() -> None:
    assert value_of("a: '1'\nb: \"true\"\nc: ! 5") == {"a": "1", "b": "true", "c": "5"}


def test_keys_that_are_no_text_become_text() -> None:
    assert list(value_of("+1: a\ntrue: b\n[a, b]: c\n010: d")) == ["1", "true", "[a, b]", "8"]


def test_merge_keys() -> None:
    value = value_of(
        """
        base: &base {a: 1, b: {x: 1}}
        replaced: {<<: *base, b: own}
        before: {b: own, <<: *base}
        list: {<<: [*base, {c: 3, a: 9}], d: 4}
        """
    )
    assert value["replaced"] == {"a": 1, "b": "own"}
    assert list(value["before"].items()) == [("b", "own"), ("a", 1)]
    assert value["list"] == {"a": 1, "b": {"x": 1}, "c": 3, "d": 4}


def test_a_quoted_merge_key_is_a_plain_key() -> None:
    assert value_of("'<<': {a: 1}") == {"<<": {"a": 1}}


def test_standard_tags() -> None:
    assert value_of("a: !!set {x, y}\nb: !!map {k: 1}\nc: !!seq [1]") == {
        "a": ["x", "y"],
        "b": {"k": 1},
        "c": [1],
    }


def test_an_anchor_may_be_used_anew() -> None:
    assert value_of("a: &x 1\nb: *x\nc: &x 2\nd: *x") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_expressions_are_ordinary_text() -> None:
    assert value_of("x: ${a?1:2}") == {"x": "${a?1:2}"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\n'a': 2", "2:1: The key 'a' stands here a second time"),
        ("x:\n  a: 1\n  b: 2\n  a: 3", "4:3: The key 'a' stands here a second time"),
        ("<<: {a: 1}\n<<: {b: 1}", "2:1: The key '<<'"),
        ("&k a: 1\na: 2", "2:1: The key 'a'"),
        ("", "1:1: The file is empty"),
        ("# only a comment", "1:1: The file is empty"),
        ("~", "1:1: A mapping is expected at the top, found nothing"),
        ("- a", "1:1: A mapping is expected at the top, found a list"),
        ("text", "1:1: A mapping is expected at the top, found 'text'"),
        ("a: 1\n---\nb: 1", "2:1: A second document begins here"),
        ("+a:\n\techo>: x", "2:1: A tab stands here"),
        ("a: x: y", "1:5: ': ' inside of a text"),
        ("a: @x", "1:4: A text cannot begin with '@'"),
        ("a: *\nb: 1", "1:4: A text cannot begin with '*'"),
        ("a: *b", "1:4: The alias '*b' has no anchor before it"),
        ("a: &a [*a]", "1:8: The alias '*a' stands inside of what it refers to"),
        ("a: [1\nb: 2", "2:2: A ',' or the closing bracket is expected"),
        ("~: 1", "1:1: A key cannot be null"),
        ("a: !secret x", "1:4: Unknown tag '!secret'"),
        ("a: !x {}", "1:4: Unknown tag '!x'"),
        ("a: !!int x", "1:4: an integer is expected, found 'x'"),
        ("a:\n  <<: 3", "2:7: '<<' takes mappings, found '3'"),
        ("a:\n  <<: [{}, 3]", "2:7: '<<' takes mappings, found a list"),
        ("b: 1\na: \x01", "2:1: The character U+0001 is not allowed"),
        ("%YAML 3.0\n---\na: 1", "1:1: "),
    ],
)
def test_what_is_refused_and_where(text: str, place: str) -> None:
    document, problems = loaded(text)
    assert document.broken
    assert [problem for problem in problems if problem.startswith(f"a.dig:{place}")]


def test_text_in_another_encoding_is_refused_where_it_begins() -> None:
    _, problems = loaded("a: 1\nb: caf\xe9".encode("latin-1"))
    assert problems == ["a.dig:2:7: The file is not in UTF-8 [yaml]"]


def test_all_mistakes_of_a_file_are_told() -> None:
    _, problems = loaded("a: !x 1\na: 2\nb: !y 3")
    assert len(problems) == 3


def test_every_value_has_a_place() -> None:
    document, _ = loaded("a: &x\n  b: [1, {c: 2}]\nd: *x\n")
    spot = document.spot
    assert str(locate(spot, ("a", "b"))) == str(locate(spot, ("d", "b")))
    at = locate(spot, ("a", "b", 1, "c"))
    assert (at.line, at.column) == (2, 11)
    at = locate(spot, ("a", "b", 1, "c"), value=True)
    assert (at.line, at.column) == (2, 14)


def test_a_merged_entry_has_the_place_where_it_is_written() -> None:
    document, _ = loaded("a: &x\n  b: 1\nd:\n  <<: *x\n")
    assert locate(document.spot, ("d", "b")).line == 2


def test_other_files_are_read_by_the_same_rules() -> None:
    document, problems = read(b"a: 0.5\nb: 010", "digbot.yml", MemoryFiles({}))
    assert (document.value, problems) == ({"a": "0.5", "b": 8}, [])


@given(st.text("ab:- \n{}[]!&*'\"#|>,?%@`~<$0.", max_size=60))
def test_no_text_is_a_surprise(text: str) -> None:
    document, problems = loaded(text)
    assert document.broken == bool(problems)
    assert document.broken or isinstance(document.value, dict)


_scalar = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_tree = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), _tree, max_size=5))
def test_what_json_writes_is_read_back(value: dict[str, Any]) -> None:
    import json

    text = json.dumps(value)
    document, problems = loaded(text)
    if not problems:  # JSON escapes halves of surrogate pairs, which YAML does not know
        assert document.value == value
