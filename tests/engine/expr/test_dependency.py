"""As few calls into JavaScript as dependencies allow, in any order of writing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expr.dependency import Broken, Evaluation, has_template
from engine.expr.javascript import JavaScript
from engine.params import Literal


class Counting(JavaScript):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def evaluate(self, units, timezone, deadline=None):
        self.calls.append(len(units))
        return super().evaluate(units, timezone, deadline)


def values(params: dict[str, Any], javascript: JavaScript) -> dict[str, Any]:
    return Evaluation(params, {}, params, javascript, "UTC").values(list(params))


def test_texts_that_do_not_depend_on_each_other_share_a_call():
    javascript = Counting()
    found = values({"a": "${1 + 1}", "b": "${2 + 2}", "c": "${a + b}", "d": "${a}"}, javascript)

    assert found == {"a": "2", "b": "4", "c": "24", "d": "2"}
    assert javascript.calls == [2, 1]


def test_what_is_not_asked_for_is_not_evaluated():
    params = {"a": "${nope()}", "b": "${1}"}

    assert Evaluation(params, {}, params, JavaScript(), "UTC").values(["b"]) == {"b": "1"}


def test_a_broken_value_is_told_apart():
    assert isinstance(values({"a": "${nope}"}, JavaScript())["a"], Broken)


def test_where_templates_are():
    assert has_template({"a": [{"b": "$"}]})
    assert not has_template({"a": [Literal("$")], "_do": "${x}", "n": 1, "${k}": "v"})


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(8)), st.lists(st.integers(0, 6), min_size=8, max_size=8), st.data())
def test_any_order_of_writing_gives_the_same(order, uses, data):
    """Text i uses an earlier one, so there is no circle; half of them take JavaScript."""
    texts = {}
    for i in range(8):
        if i == 0:
            texts["v0"] = "s"
        elif data.draw(st.booleans()):
            texts[f"v{i}"] = f"${{v{uses[i] % i}}}."
        else:
            texts[f"v{i}"] = f"${{v{uses[i] % i} + '.'}}"
    written = {f"v{i}": texts[f"v{i}"] for i in order}
    depth = {0: 0}
    for i in range(1, 8):
        depth[i] = depth[uses[i] % i] + 1

    assert values(written, JAVASCRIPT) == {f"v{i}": "s" + "." * depth[i] for i in range(8)}


JAVASCRIPT = JavaScript()
