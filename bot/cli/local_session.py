"""`run --session`: the session time of a local run (cli.md §5)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.base import CommandFailed, WrongUsage
from bot.cli.session_time import written

if TYPE_CHECKING:
    from bot.cli.console import Console
    from engine.dig.project import Workflow

EXPECTED = 'hourly, daily, schedule, last, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS" (last)'


def choose(
    text: str, workflow: Workflow, states: Path, console: Console, now: datetime | None = None
) -> datetime:
    """The session time that the words mean, in UTC."""
    from engine.zones import zone

    here = (now or datetime.now(UTC)).astimezone(zone(workflow.timezone))
    hour = here.replace(minute=0, second=0, microsecond=0, fold=0)
    if text == "hourly":
        return hour.astimezone(UTC)
    if text == "daily":
        return hour.replace(hour=0).astimezone(UTC)
    if text == "last":
        return _last(workflow, states, console, here)
    if text == "schedule":
        found = _scheduled(workflow, here)
        if found is None:
            raise CommandFailed(
                "--session schedule is set but schedule is not set to this workflow."
            )
        return found
    return _written(text, workflow)


def _last(workflow: Workflow, states: Path, console: Console, here: datetime) -> datetime:
    from engine.local.state import saved_times

    for saved in saved_times(states, workflow.name):
        console.warn(f"Reusing the last session time {saved.isoformat()}.")
        return saved.astimezone(UTC)
    scheduled = _scheduled(workflow, here)
    if scheduled is not None:
        shown = scheduled.astimezone(here.tzinfo).isoformat()
        console.warn(f"Using a new session time {shown} based on schedule.")
        return scheduled
    today = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    console.warn(f"Using a new session time {today.isoformat()}.")
    return today.astimezone(UTC)


def _scheduled(workflow: Workflow, now: datetime) -> datetime | None:
    """The latest schedule time; None for a workflow without a schedule."""
    config = workflow.config.get("schedule")
    if config is None:
        return None
    from engine.schedule.base import build

    return build(config, workflow.timezone).last(now.astimezone(UTC)).time


def _written(text: str, workflow: Workflow) -> datetime:
    from engine.zones import zone

    try:
        moment = datetime.fromisoformat(written(text) or "none")
    except ValueError:
        raise WrongUsage(
            'The value of --session must be hourly, daily, last, "yyyy-MM-dd", or '
            f'"yyyy-MM-dd HH:mm:SS" format: {text}'
        ) from None
    return moment.replace(tzinfo=zone(workflow.timezone)).astimezone(UTC)
