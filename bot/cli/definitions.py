"""What a project holds, as `check` prints it when nothing is wrong (cli.md §5)."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.cli.output import TIME, compact, distance, say

if TYPE_CHECKING:
    from engine.dig.project import Workflow

ZONES = "zoneinfo/"


def describe(workflows: Sequence[Workflow], params: dict[str, Any]) -> None:
    say(f"  System default timezone: {system_timezone()}")
    say()
    say(f"  Definitions ({len(workflows)} workflows):")
    for workflow in workflows:
        say(f"    {workflow.name} ({len(workflow.tasks)} tasks)")
        for required in _required(workflow):
            say(f"      -> {required}")
    say()
    say("  Parameters:")
    say(f"    {compact(params)}")
    say()
    _schedules([workflow for workflow in workflows if workflow.config.get("schedule")])


def _required(workflow: Workflow) -> list[str]:
    found = (task.local.get("require>") for task in workflow.tasks)
    return [str(name) for name in found if name is not None]


def _schedules(workflows: Sequence[Workflow]) -> None:
    now = datetime.now(UTC)
    say(f"  Schedules ({len(workflows)} entries):")
    for workflow in workflows:
        say(f"    {workflow.name}:")
        _schedule(workflow, now)
    say()


def _schedule(workflow: Workflow, now: datetime) -> None:
    from engine.schedule.base import build
    from engine.zones import zone

    schedule = workflow.config["schedule"]
    first = build(schedule, workflow.timezone).first(now)
    here = zone(workflow.timezone)
    for key, value in schedule.items():
        say(f"      {key}: {value if isinstance(value, str) else compact(value)}")
    say(f"      first session time: {first.time.astimezone(here).strftime(TIME)}")
    run = first.run_time.astimezone(here).strftime(TIME)
    say(f"      first scheduled to run at: {run} ({distance(first.run_time - now)})")


def system_timezone() -> str:
    """The computer's zone by name, as far as the system tells."""
    if os.environ.get("TZ"):
        return os.environ["TZ"].removeprefix(":")
    link = os.path.realpath("/etc/localtime")
    return link.partition(ZONES)[2] or time.tzname[0]
