"""`make bench`: measures against the goals of docs/benchmarks.md, through a real server process.

python -m benchmarks            all of them
python -m benchmarks P1 P8      some
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import cold, idle, latency, machine, push, throughput
from benchmarks.figures import Figure, Measure

MODULES = (throughput, cold, push, idle, latency)
MEASURES = {measure.name: measure for module in MODULES for measure in module.MEASURES}
RESULTS = Path(__file__).with_name("results.json")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"unknown: {' '.join(unknown)}; there are {' '.join(MEASURES)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="digbot-bench-") as folder:
        base = machine.machine(Path(folder))
    print(f"{machine.line(base)}\n")
    results = {name: take(MEASURES[name]) for name in names or MEASURES}
    save({"machine": base, **results})
    missed = [figure for figures in results.values() for figure in figures if not figure.met]
    print(f"\n{len(missed)} goals missed; written to {RESULTS.relative_to(Path.cwd())}")
    return 0


def take(measure: Measure) -> list[Figure]:
    print(f"{measure.name:<4} {measure.about}", flush=True)
    with tempfile.TemporaryDirectory(prefix="digbot-bench-") as folder:
        figures = measure.take(Path(folder))
    for figure in figures:
        print(f"     {line(figure)}", flush=True)
    return figures


def line(figure: Figure) -> str:
    value = f"{figure.what:<24} {shown(figure.value):>8} {figure.unit}"
    if figure.goal is None:
        return value
    verdict = "" if figure.met else f"   missed: {figure.ratio:.0%} of the goal"
    return f"{value:<48} goal {figure.sense} {figure.goal:g}{verdict}"


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def save(results: dict[str, list[Figure]]) -> None:
    """Keep what other runs measured, replace what this one did."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    for name, figures in results.items():
        known[name] = {"when": when, "figures": [asdict(figure) for figure in figures]}
    RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
