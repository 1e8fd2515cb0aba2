"""Finding `${...}` and the names in it (language.md §12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expr.syntax import Expression, parse


def codes(text: str) -> list[str]:
    return [expression.code for expression in parse(text).expressions]


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("plain", "plain"),
        ("$", "$"),
        ("$$", "$"),
        ("$$$", "$$"),
        ("p$$s", "p$s"),
        ("${", "${"),
        ("${v", "${v"),
        ("p${v", "p${v"),
        ("}", "}"),
        ("${}", ""),
        ("a${}b", "ab"),
        ("${secret:foo.bar}", "${secret:foo.bar}"),
        ("${abc:x}", "${abc:x}"),
        ("it's \\ \n 'x'", "it's \\ \n 'x'"),
        ("$\\{x}", "${x}"),
        ("$$\\{x}", "$\\{x}"),
        ("${v $$", "${v $"),
    ],
)
def test_texts_without_an_expression(text, constant):
    assert parse(text).constant == constant


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p${1}m$$m${2}s", ["1", "2"]),
        ("$${a}", ["a"]),
        ("${a}}", ["a"]),
        ("{${a}}", ["a"]),
        ("${ secret:x}", [" secret:x"]),
        ("${Secret:x}", ["Secret:x"]),
        ("${secret:${a}}", ["a"]),
        ("${a} ${ ${s}", ["a"]),
        ('${{"k":1}}', ['{"k":1}']),
        ('${"{}"}', ['"{}"']),
        ('${"{"}', ['"{"']),
        ('${"}"}', ['"}"']),
        ("${'it\\'s }'}", ["'it\\'s }'"]),
        ("${`}${a}`}", ["`}${a}`"]),
        ("${/* } */ a}", ["/* } */ a"]),
        ("${a // }\n}", ["a // }\n"]),
        ("${a // c}", ["a // c"]),
        ("${s.replace(/}/g, '')}", ["s.replace(/}/g, '')"]),
        ("${s.replace(/'/g, '')} and it's", ["s.replace(/'/g, '')"]),
        ("${s.replace(/[/}]/g, '')}", ["s.replace(/[/}]/g, '')"]),
        ("${a / b} ${c / d}", ["a / b", "c / d"]),
        ("${it's} fine", ["it's"]),
    ],
)
def test_where_expressions_end(text, found):
    assert codes(text) == found


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("a", ("a",)),
        (" a ", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("a . b", ("a", "b")),
        ("o.class", ("o", "class")),
        ("$x", ("$x",)),
        ("true", ()),
        ("this", ()),
        ("typeof", ()),
        ("a + 1", ()),
        ("a[0]", ()),
        ("1", ()),
        ("é", ()),
    ],
)
def test_plain_names(code, path):
    assert parse("${" + code + "}").expressions[0].path == path


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("moment(session_time).format('YYYY')", {"moment", "session_time"}),
        ("'a' + \"b\"", set()),
        ("{k: v}", {"v"}),
        ("{k: 1, l: m}", {"m"}),
        ("c ? x : y", {"c", "x", "y"}),
        ("[...xs]", {"xs"}),
        ("a?.b", {"a"}),
        ("/x/.test(s)", {"s"}),
        ('this["foo-bar"]', {"foo-bar"}),
        ("this.x + 1", {"x"}),
        ("1.5e3 + 0x1f", set()),
        ("日付 + 1", {"日付"}),
    ],
)
def test_names_used(code, names):
    expression = parse("${" + code + "}").expressions[0]

    assert expression.names - {"typeof"} == names
    assert not expression.whole


@pytest.mark.parametrize("code", ["this", "this[k]", "f(this)", "`${a}`", "\\u0061"])
def test_what_may_use_any_name(code):
    assert parse("${" + code + "}").expressions[0].whole


@pytest.mark.parametrize(
    ("code", "big"), [("1n", True), ("0xFFn", True), ("'1n'", False), ("x1n", False)]
)
def test_big_integers_are_seen(code, big):
    assert parse("${" + code + "}").expressions[0].big is big


@given(st.text(alphabet="${}ab:'\"`\\/*[]. \n;secrt1n", max_size=30))
def test_any_text_has_pieces(text):
    template = parse(text)

    assert all(isinstance(part, str | Expression) for part in template.parts)
    for expression in template.expressions:
        assert "${" + expression.code + "}" in text


def test_long_texts_take_linear_time():
    text = "${a} 'x' {" * 20_000

    assert len(parse(text).expressions) == 20_000
    assert parse("${" * 100).constant == "${" * 100
    assert parse("${a " + "{" * 200_000).expressions == ()
