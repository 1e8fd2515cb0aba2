"""What an attempt is told of the schedule around its session time (schedules.md §11)."""

from __future__ import annotations

from datetime import datetime

from engine.params import Params, session_time_text
from engine.schedule.base import build


def neighbour_times(config: Params, timezone: str, session_time: datetime) -> Params:
    """`last_session_time` and `next_session_time`, none for a workflow without a schedule.

    `config` is the workflow's definition. They follow from the schedule, not from what ran.
    """
    schedule = config.get("schedule")
    if schedule is None:
        return {}
    scheduler = build(schedule, timezone)
    return {
        "last_session_time": session_time_text(scheduler.last(session_time).time, timezone),
        "next_session_time": session_time_text(scheduler.next(session_time).time, timezone),
    }
