"""A task's parameters as its operator gets them: the examples of language.md §10-12, and limits."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.errors import EvaluationFailed
from engine.expr.javascript import JavaScript
from engine.expr.template import Evaluated, evaluate, evaluate_text
from engine.params import Literal, literal, merge

JAVASCRIPT = JavaScript()


def run(params: dict[str, Any], local: dict[str, Any], zone: str = "UTC") -> Evaluated:
    return evaluate(params, local, javascript=JAVASCRIPT, timezone=zone)


def echo(params: dict[str, Any], local: dict[str, Any] | str) -> Any:
    local = {"echo>": local} if isinstance(local, str) else local
    return run(params, local).local["echo>"]


def text(template: str, scope: dict[str, Any]) -> str:
    return evaluate_text(template, scope, javascript=JAVASCRIPT, timezone="UTC")


# --- precedence (§10)


@pytest.mark.parametrize(
    ("name", "params", "local", "shown"),
    [
        ("L-26", merge({"v": "cli"}, {"v": "file"}), {}, "file"),
        ("L-28 built-in", merge({"v": "x"}, {"v": "built in"}), {}, "built in"),
        ("L-28 local", {"v": "built in"}, {"v": "x"}, "x"),
    ],
)
def test_precedence(name, params, local, shown):
    assert echo(params, {**local, "echo>": "${v}"}) == shown


def test_local_mappings_are_merged_over_exported_ones():
    """L-30"""
    found = run({"td": {"database": "d"}}, {"td": {"engine": "presto"}})

    assert found.params["td"] == {"database": "d", "engine": "presto"}
    assert found.local["td"] == {"engine": "presto"}


def test_of_a_merged_mapping_the_task_wrote_its_own_part():
    found = run({"o": {"a": {"x": "${1}"}, "b": 1}}, {"o": {"a": {"y": "${2}"}, "c": 3}})

    assert found.params["o"] == {"a": {"x": "1", "y": "2"}, "b": 1, "c": 3}
    assert found.local["o"] == {"a": {"y": "2"}, "c": 3}


# --- order (§11), where decisions.md changes an example, its result


@pytest.mark.parametrize(
    ("name", "params", "local", "shown"),
    [
        ("L-31", {"a": 1, "b": "${a}"}, {"echo>": "${b}"}, "1"),
        ("L-32", {"x": "${y}", "y": "${z}", "z": 1}, {"echo>": "${x}-${y}"}, "1-1"),
        ("L-33", {"y": "${z}", "z": 1, "x": "${y}"}, {"echo>": "${x}-${y}"}, "1-1"),
        ("L-34", {}, {"x": "1", "echo>": "${x}"}, "1"),
        ("L-35", {}, {"echo>": "${x}", "x": "1"}, "1"),
        ("L-38", {"cfg": {"db": "d_${env}", "t": "${db}_t"}, "env": "dev"}, {"echo>": "${cfg.t}"}, "d_dev_t"),
        ("L-39", {"x": 1, "y": "${x}"}, {"echo>": "${y}", "x": 2}, "2"),
        ("L-40", {"e": "${y}"}, {"y": "1", "echo>": "hi"}, "hi"),
        ("L-41", {"s": Literal("${a}"), "a": 2}, {"echo>": "${s}"}, "${a}"),
    ],
)  # fmt: skip
def test_order(name, params, local, shown):
    assert echo(params, local) == shown


def test_nested_values_see_evaluated_exports():
    """L-36, L-37"""
    params = {"a": 1, "b": "${a}"}

    assert run(params, {"content": {"v": "${b}", "w": "${a}"}}).local["content"] == {
        "v": "1",
        "w": "1",
    }
    assert run(params, {"list": ["${b}", {"v": "${b}"}]}).local["list"] == ["1", {"v": "1"}]


@pytest.mark.parametrize(
    ("about", "params", "local", "shown"),
    [
        ("a local value over the export of its name", {"x": "base"}, {"x": "${x}-s", "echo>": "${x}"}, "base-s"),
        ("through JavaScript too", {"x": "base"}, {"x": "${x + '-s'}", "echo>": "${x}"}, "base-s"),
        ("an export before the one a task redefines", {"y": "${x}", "x": 1}, {"echo>": "${y}", "x": 2}, "1"),
        ("exports far down the line", {"x": 1, "y": "${x}", "z": "${y + 1}"}, {"echo>": "${z}", "x": 2}, "21"),
        ("a key redefined below its use", {"w": "exported"}, {"echo>": "${w}", "w": "local"}, "local"),
        ("chains of expressions", {"a": "${1 + 1}", "b": "${a * 2}", "c": "${b * 2}"}, {"echo>": "${c * 2}"}, "16"),
        ("a chain written backwards", {"c": "${b * 2}", "b": "${a * 2}", "a": "${1 + 1}"}, {"echo>": "${c}"}, "8"),
        ("a name inside of a text is no use", {"a": "${'b'}", "b": "${'a'}"}, {"echo>": "${a}${b}"}, "ba"),
        ("a key of an object is no use", {"a": "${({b: 1}).b}", "b": "${a}"}, {"echo>": "${b}"}, "1"),
        ("a property is no use", {"a": "${o.b}", "b": "${a}", "o": {"b": 7}}, {"echo>": "${b}"}, "7"),
        ("a sibling written later", {"m": {"t": "${db}_t", "db": "x"}}, {"echo>": "${m.t}"}, None),
        ("a local sibling written later", {}, {"m": {"t": "${db}_t", "db": "x"}, "echo>": "${m.t}"}, "x_t"),
        ("a nested local sees the task's keys", {}, {"m": {"t": "${db}"}, "db": "x", "echo>": "${m.t}"}, "x"),
        ("the mapping it stands in", {"m": {"a": 1, "b": "${m.a}"}}, {"echo>": "${m.b}"}, "1"),
        ("and by JavaScript", {"m": {"a": 1, "b": "${m.a + 1}"}}, {"echo>": "${m}"}, '{"a":1,"b":"2"}'),
        ("this", {"foo-bar": "${1}"}, {"echo>": "${this['foo-bar']}"}, "1"),
        ("this, computed", {"foo-bar": "${1}", "w": "x"}, {"echo>": "${this['foo' + '-bar']}"}, "1"),
        ("what waits for this", {"a": "${this['c' + '']}", "b": "${a}!", "c": 5}, {"echo>": "${b}"}, "5!"),
        ("results are text", {"o": {"k": 1}, "x": "${o}"}, {"echo>": "${typeof x}"}, "string"),
        ("stored text is data", literal({"s": "$$ ${nope}"}), {"echo>": "${s} ${s.length}"}, "$$ ${nope} 10"),
        ("a property of an evaluated text", {"x": "${'abc'}"}, {"echo>": "${x.length}"}, "3"),
        ("a missing property", {"o": {}}, {"echo>": "[${o.x}]"}, "[]"),
        ("deeper in lists", {"a": 1}, {"l": [["${a}"], {"m": ["${a + 1}"]}], "echo>": "${l}"}, '[["1"],{"m":["2"]}]'),
    ],
)  # fmt: skip
def test_names(about, params, local, shown):
    if shown is None:
        with pytest.raises(EvaluationFailed):
            echo(params, local)
    else:
        assert echo(params, local) == shown


def test_what_other_tasks_will_run_stays_as_it_is():
    """L-53"""
    do = {"echo>": "${i}", "$": "$$"}
    found = run(
        {"x": {"_do": do}}, {"loop>": "${3}", "_do": do, "m": {"_else_do": do, "a": "${1}"}}
    )

    assert found.local == {"loop>": "3", "_do": do, "m": {"_else_do": do, "a": "1"}}
    assert found.params["x"] == {"_do": do}


def test_check_and_error_are_no_parameters():
    found = run({}, {"echo>": "x", "_error": {"echo>": "${nope}"}, "_check": {"echo>": "${nope}"}})

    assert found.local == found.params == {"echo>": "x"}


def test_keys_and_other_types_stay():
    local = {"${a}": "${1}", "n": 1.5, "b": True, "z": None}

    assert run({}, local).local == {"${a}": "1", "n": 1.5, "b": True, "z": None}


def test_keys_keep_their_order():
    found = run({"b": 1, "a": "${b}"}, {"z": "${a}", "b": 2, "y": 1})

    assert list(found.params) == ["b", "a", "z", "y"]
    assert list(found.local) == ["z", "b", "y"]


def test_nothing_given_is_changed():
    params, local = {"o": {"a": "${1}", "b": 2}, "l": ["${1}"]}, {"o": {"c": "${1}"}}
    before = repr((params, local))
    run(params, local)

    assert repr((params, local)) == before


# --- what cannot be evaluated


def test_a_broken_export_fails_the_task_that_uses_it_with_its_own_message():
    params = {"bad": "${nope}", "worse": "${bad}!", "worst": "${worse + 1}"}
    wanted = 'Failed to evaluate a variable ${nope} (ReferenceError: "nope" is not defined)'

    for used in ("${bad}", "${worse}", "${bad + 1}", "${worst}"):
        with pytest.raises(EvaluationFailed) as caught:
            echo(params, used)
        assert str(caught.value) == wanted


def test_a_broken_export_is_undefined_where_it_is_not_used():
    found = run(
        {"bad": "${nope.x}", "map": {"a": "${nope}"}, "ok": "${1}"}, {"echo>": "${typeof bad}"}
    )

    assert found.local["echo>"] == "undefined"
    assert found.params == {"ok": "1", "echo>": "undefined"}
    assert found.broken == {
        "bad": 'Failed to evaluate a variable ${nope.x} (ReferenceError: "nope" is not defined)',
        "map": 'Failed to evaluate a variable ${nope} (ReferenceError: "nope" is not defined)',
    }


def test_a_file_that_uses_a_broken_export_says_what_broke_it():
    with pytest.raises(EvaluationFailed, match="because of this"):
        evaluate_text(
            "${bad}", {}, javascript=JAVASCRIPT, timezone="UTC", broken={"bad": "because of this"}
        )


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"x": "${x}"}, "x -> x"),
        ({"x": "${y}", "y": "${z}", "z": "${x}"}, "x -> y -> z -> x"),
        ({"x": "${y + 1}", "y": "${x + 1}"}, "x -> y -> x"),
        ({"x": "${m.k}", "m": {"k": "${x}"}}, "x -> k -> x"),
    ],
)
def test_circles_are_shown(params, shown):
    with pytest.raises(EvaluationFailed, match=f"it refers to itself: {shown}"):
        echo(params, "${x}")
    assert run(params, {"echo>": "fine"}).local["echo>"] == "fine"


def test_a_local_circle():
    with pytest.raises(EvaluationFailed, match="refers to itself"):
        run({}, {"x": "${y}", "y": "${x}"})


def test_the_first_broken_key_of_the_task_is_told():
    with pytest.raises(EvaluationFailed, match="first"):
        run({}, {"a": "${first}", "b": "${second + 1}"})


def test_many_endless_texts_are_answered_in_time():
    endless = "${(function () { for (;;); })()}"
    params = {f"p{i}": endless for i in range(5)} | {f"q{i}": f"${{p{i} + 1}}" for i in range(5)}
    began = time.monotonic()

    found = run(params, {"echo>": "fine"})

    assert len(found.broken) == 10
    assert time.monotonic() - began < 2.2


def test_long_chains():
    forward = {"p0": "end"} | {f"p{i + 1}": f"${{p{i}}}" for i in range(2000)}
    assert echo(forward, "${p2000}") == "end"

    backward = {f"p{i}": f"${{p{i + 1}}}" for i in range(2000)} | {"p2000": "end"}
    with pytest.raises(EvaluationFailed, match="more than 60 parameters"):
        echo(backward, "${p0}")


def test_what_is_nested_too_deeply_is_refused():
    deep: Any = "${1}"
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(EvaluationFailed, match="nested too deeply"):
        run({"deep": deep}, {"echo>": "x"})


# --- texts (§12)


SCOPE = {
    "a": 1, "s": "x", "o": {"k": [1, "2"]}, "n": None, "b": True, "f": 1.5, "foo-bar": 7, "nest": "${a}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("$", "$"), ("$$", "$"), ("$$$", "$$"), ("p$$s", "p$s"),
        ("${", "${"), ("${v", "${v"), ("p${v", "p${v"), ("}", "}"),
        ("p${1}m$$m${2}s", "p1m$m2s"),
        ("${}", ""), ("a${}b", "ab"),
        ("$${a}", "$1"), ("$$${a}", "$1"), ("$$$${a}", "$$1"),
        ("${a}", "1"), ("${s}", "x"), ("${b}", "true"), ("${f}", "1.5"), ("${n}", ""),
        ("${o}", '{"k":[1,"2"]}'), ("${o.k}", '[1,"2"]'), ("${o.x}", ""),
        ('${this["foo-bar"]}', "7"),
        ("${nest}", "${a}"),
        ("${typeof zz}", "undefined"),
        ("${secret:foo.bar}", "${secret:foo.bar}"), ("${abc:x} ${a}", "${abc:x} 1"),
        ('${a ? "y" : "n"}', "y"),
        ("${(function(){return 1})()}", "1"),
        ('${{"k":1}}', '{"k":1}'), ("${ {k:1}.k }", "1"),
        ("${o.k.map(function(i){return i*2})}", "[2,4]"),
        ('${"{}"}', "{}"), ('${"{"}', "{"), ('${"}"}', "}"),
        ("${a + 1}", "2"), ("${a + s}", "1x"), ("${a,s}", "x"),
        ('${"$$"}', "$$"),
        ("${a}}", "1}"), ("{${a}}", "{1}"),
        ("${new Date(0)}", '"1970-01-01T00:00:00.000Z"'),
        ("${NaN}", "null"), ("${1/0}", "null"), ("${-0}", "0"),
        ("${a} ${ ${s}", "1 ${ ${s}"),
        ("it's\n\\ ${a}", "it's\n\\ 1"),
        ("${a=5}${a}", "55"),
        ("${function () {}}", "undefined"),
        ("$\\{a} ${a}", "${a} 1"),
        ("${null}${undefined}${true}", "true"),
        ("first ${\n  [1, 2]\n    .map(function(x) {\n      return x + 1;\n    })\n    .join('+')\n}", "first 2+3"),
    ],
)  # fmt: skip
def test_texts(template, shown):
    """L-42, with the braces of decisions.md"""
    assert text(template, SCOPE) == shown


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("${o.x.y}", "TypeError: "),
        ("${zz}", 'ReferenceError: "zz" is not defined'),
        ("x ${foo} y", 'ReferenceError: "foo" is not defined'),
        ("${a;}", "SyntaxError: "),
        ("${var x=1}", "SyntaxError: "),
        ("${a // c}", "SyntaxError: "),
        ("${ secret:x}", "SyntaxError: "),
        ("${Secret:x}", "SyntaxError: "),
        ("${ }", "SyntaxError: "),
        ("${X:-1}", "SyntaxError: "),
    ],
)  # fmt: skip
def test_errors_name_the_whole_text(template, error):
    with pytest.raises(EvaluationFailed) as caught:
        text(template, SCOPE)
    assert str(caught.value).startswith(f"Failed to evaluate a variable {template} ({error}")


def test_stored_text_is_no_template():
    assert text(Literal("${a} $$"), SCOPE) == "${a} $$"


@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__", "hasOwnProperty"])
def test_names_that_every_object_has(name):
    assert "not defined" not in text("${" + name + "}", {})
    assert text("${" + name + "}", {name: "mine"}) == "mine"


def test_plain_names_need_no_javascript():
    class Forbidden(JavaScript):
        def evaluate(self, units, timezone, deadline=None):
            raise AssertionError(units)

    params = {"a": "${b}", "b": "x ${c.d}", "c": {"d": 1.0}, "l": [1, {"x": None}], "$": "$$"}
    found = evaluate(params, {"echo>": "${a} ${l}"}, javascript=Forbidden(), timezone="UTC")

    assert found.local["echo>"] == 'x 1 [1,{"x":null}]'
