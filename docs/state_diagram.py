"""The state diagram of docs/architecture.md, made from the table in engine/states.py.

`python docs/state_diagram.py` writes it into the page; tests/test_layout.py compares the two.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
BEGIN, END = "<!-- states: made by docs/state_diagram.py -->", "<!-- end of states -->"


def diagram() -> str:
    from engine.states import MOVES

    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> blocked"]
    lines += [
        f"    {source.label} --> {target.label}"
        for source, targets in MOVES.items()
        for target in sorted(targets)
    ]
    lines += [f"    {state.label} --> [*]" for state, targets in MOVES.items() if not targets]
    return "\n".join([*lines, "```"])


def shown(page: str) -> str:
    """The diagram that the page has now."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    page = PAGE.read_text()
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{BEGIN}\n{diagram()}\n{END}", page))


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parents[1]))
    main()
