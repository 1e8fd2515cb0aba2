"""Which session time `digbot run --session` means (cli.md §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.dig.project import Workflow
from engine.errors import ConfigError
from engine.local.state import saved_times
from engine.schedule.base import build
from engine.zones import zone

FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
EXPECTED = 'hourly, daily, schedule, last, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS" format'


@dataclass(frozen=True, slots=True)
class Chosen:
    """The session time, and what to tell the user about where it comes from."""

    time: datetime
    note: str | None = None


def choose(text: str, workflow: Workflow, states: Path | None, now: datetime) -> Chosen:
    """Raises `ConfigError` for anything else than the words and formats above."""
    local = now.astimezone(zone(workflow.timezone))
    match text:
        case "hourly":
            return Chosen(_utc(local.replace(minute=0, second=0, microsecond=0)))
        case "daily":
            return Chosen(_midnight(local))
        case "schedule":
            return Chosen(_last_schedule(workflow, now))
        case "last":
            return _last(workflow, states, local, now)
    return Chosen(_written(text, workflow))


def _last(workflow: Workflow, states: Path | None, local: datetime, now: datetime) -> Chosen:
    if states is not None:
        for saved in saved_times(states, workflow.name):
            return Chosen(_utc(saved), f"Reusing the last session time {saved.isoformat()}.")
    if "schedule" in workflow.config:
        due = _last_schedule(workflow, now)
        shown = due.astimezone(local.tzinfo).isoformat()
        return Chosen(due, f"Using a new session time {shown} based on schedule.")
    today = _midnight(local)
    shown = today.astimezone(local.tzinfo).isoformat()
    return Chosen(today, f"Using a new session time {shown}.")


def _last_schedule(workflow: Workflow, now: datetime) -> datetime:
    if "schedule" not in workflow.config:
        raise ConfigError("--session schedule is set but schedule is not set to this workflow.")
    return build(workflow.config["schedule"], workflow.timezone).last(now).time


def _written(text: str, workflow: Workflow) -> datetime:
    for form in FORMATS:
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        return _utc(moment.replace(tzinfo=zone(workflow.timezone)))
    raise ConfigError(f"--session must be {EXPECTED}: {text}")


def _midnight(local: datetime) -> datetime:
    return _utc(local.replace(hour=0, minute=0, second=0, microsecond=0))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
