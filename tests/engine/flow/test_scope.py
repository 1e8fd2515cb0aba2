"""Which parameters a task sees: engine.md §13 and language.md §10."""

from __future__ import annotations

from engine.flow.scope import visible
from engine.params import Literal
from tests.support.flow import Play


def test_l27_position_decides() -> None:
    play = Play.of(
        """
        _export: {v: top}
        +a: {store>: {v: from_a}}
        +b:
          _export: {v: b_export}
          +c: {echo>: "${v}"}
          +d: {store>: {v: from_d}}
          +e: {echo>: "${v}"}
          +f: {_export: {v: own}, echo>: "${v}"}
        +g: {echo>: "${v}"}
        """
    ).run()
    assert play.said == ["b_export", "from_d", "own", "from_d"]


def test_e27_order_in_the_file_not_on_the_clock() -> None:
    play = Play.of(
        """
        +s: {store>: {v: s}}
        +p:
          _parallel: true
          +a:
            +a1: {store>: {v: a}}
            +a2: {echo>: "a2 ${v}"}
          +b: {echo>: "b ${v}"}
          +c: {store>: {v: c}}
        +j: {echo>: "j ${v}"}
        """
    )
    play.end("+wf+s").end("+wf+p+c").end("+wf+p+b").run()
    assert play.said == ["b s", "a2 a", "j c"]


def test_e28_reset_before_store() -> None:
    play = Play.of(
        """
        +a: {store>: {o: {x: 1, y: 1}}}
        +b: {reset>: [o.x]}
        +c: {store>: {o: {z: 1}}}
        +d: {echo>: d}
        """
    )
    for name in ("+wf+a", "+wf+b", "+wf+c"):
        play.end(name)
    (node,) = play.running
    assert visible(play.tree, node)["o"] == {"y": 1, "z": 1}


def test_e29_stores_of_generated_tasks_are_visible_after() -> None:
    text = '+l: {loop>: 3, _do: {store>: {v: "${i}"}}%s}\n+u: {echo>: "${v}"}'
    for parallel in ("", ", _parallel: true"):
        play = Play.of(text % parallel)
        play.end("+wf+l")
        while play.running[0].task.full_name != "+wf+u":
            node = play.running[-1]
            from engine.outcome import Succeeded, TaskResult

            number = node.task.export["i"]
            play.end(node.task.full_name, Succeeded(TaskResult(store={"v": number})))
        assert play.run().said == ["2"]


def test_e30_exports_of_an_operator_reach_its_own_tasks_only() -> None:
    play = Play.of(
        """
        +a: {export>: {p: 1}, _do: {+x: {echo>: "${p}"}}}
        +b: {echo>: "${p}"}
        """
    ).run()
    assert play.said == ["1", "${p}"]


def test_stored_text_is_marked_as_data() -> None:
    play = Play.of("+a: {store>: {v: '${x}'}}\n+b: {echo>: b}").end("+wf+a")
    assert isinstance(visible(play.tree, play.running[0])["v"], Literal)


def test_background_tasks_see_nothing_of_the_tasks_before_them() -> None:
    play = Play.of(
        """
        +a: {store>: {v: a}}
        +c: {_background: true, echo>: "c ${v}"}
        +d: {echo>: "d ${v}"}
        """
    ).run()
    assert sorted(play.said) == ["c ${v}", "d a"]


def test_a_long_chain_costs_no_recursion() -> None:
    tasks = "\n".join(f"+t{i}: {{store>: {{v: {i}}}}}" for i in range(2_000))
    assert Play.of(f"{tasks}\n+last: {{echo>: '${{v}}'}}").run().said == ["1999"]
