import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.secrets import Masker, fill, has_secrets, renamed, valid_key


@pytest.mark.parametrize("key", ["a", "a.b", "aws.access-key_id", "a1", "x" * 255])
def test_keys(key):
    assert valid_key(key)


@pytest.mark.parametrize("key", ["", ".", "a.", "1a", "a-", "a_", "a b", "é", "a/b", "x" * 256])
def test_texts_that_are_no_keys(key):
    assert not valid_key(key)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("no secrets", "no secrets"),
        ("${secret:a.b}", "<a.b>"),
        ("x ${secret: a } ${secret:b}", "x <a> <b>"),
        ("${ secret:a}", "<a>"),
        ("${HOME} ${other:a}", "${HOME} ${other:a}"),
        ("${FOO: } ${secret:a}", "${FOO: } <a>"),
    ],
)
def test_secrets_in_text(text, filled):
    assert fill(text, lambda key: f"<{key}>") == filled
    assert has_secrets(text) == ("<" in filled)


@pytest.mark.parametrize(
    ("rules", "key", "read"),
    [
        ({}, "pg.password", "pg.password"),
        ({"pg": "extra.db"}, "pg.password", "extra.db.password"),
        ({"pg": {"password": "other"}}, "pg.password", "other"),
        ({"pg": {"password": "other"}}, "pg.user", "pg.user"),
        ({"pg": True}, "pg.password", "pg.password"),
        ({"aws": "x"}, "pg.password", "pg.password"),
        ({"pg": {"password": {"x": "y"}}}, "pg.password", "pg.password"),
        (None, "pg.password", "pg.password"),
    ],
)
def test_renaming(rules, key, read):
    assert renamed(key, rules) == read


@pytest.mark.parametrize("rules", [{"pg": 3}, {"pg": ["x"]}, [1], "all"])
def test_other_rules_are_refused(rules):
    with pytest.raises(ConfigError, match="Illegal value in _secrets"):
        renamed("pg.password", rules)


def test_values_are_hidden_at_any_depth():
    masker = Masker(["s3cret", "two\nlines"])
    assert masker.value({"a": ["x s3cret y", 3, None], "b": "two and lines"}) == {
        "a": ["x *** y", 3, None],
        "b": "two and ***",
    }


SECRET = "s3cret-value"


@given(
    parts=st.lists(st.sampled_from([SECRET, "s3cret", "\n", "text ", "-value", "é"]), max_size=30),
    cuts=st.lists(st.integers(1, 7), min_size=1),
)
def test_a_stream_is_hidden_however_it_is_cut(parts, cuts):
    data = "".join(parts).encode()
    masker, shown, position = Masker([SECRET]), b"", 0
    while position < len(data):
        step = cuts[position % len(cuts)]
        shown += masker.feed(data[position : position + step])
        position += step
    shown += masker.end()
    assert shown == data.replace(SECRET.encode(), b"***")


def test_a_stream_without_line_ends_is_passed_on():
    masker = Masker([SECRET])
    data = b"x" * 200_000 + SECRET.encode()
    shown = masker.feed(data)
    assert len(shown) > 100_000
    assert shown + masker.end() == b"x" * 200_000 + b"***"


def test_complete_lines_are_shown_at_once():
    assert Masker([SECRET]).feed(b"progress 1\nprog") == b"progress 1\n"


def test_values_too_short_to_hide_are_left():
    assert Masker(["a", ""]).text("abc") == "abc"
