"""`schedule`: what `schedule:` must hold, and `crontab`: where its reading surprises.

The schedules themselves decide what they can read (schedules.md §2-§7). Digdag reads some cron
patterns differently from a crontab, above all day of month and day of week, which must both match:
a warning, where the two would fire at other times.

Wrong:

    schedule:
      daily>: 7:00
    +a:
      echo>: x

Right:

    schedule:
      daily>: 07:00:00
    +a:
      echo>: x
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from engine.dig.problem import Finding, Severity, shown
from engine.params import Params

RULE = "schedule"
CRONTAB = "crontab"

_QUOTED = re.compile(r"'([^']*)'")
# Fields that both read alike, when day of month or day of week is "*".
_PLAIN_FIELD = re.compile(r"\*|\d+(?:,\d+)*|\*/[1-9]\d*", re.ASCII)
_SAMPLE_START = datetime(2024, 1, 1, tzinfo=UTC)
_SAMPLES = 50


def check(value: Any, timezone: str) -> Iterator[Finding]:
    """`value` is what stands at the top-level key `schedule`; a mistake refuses the project."""
    for line in _mistakes(json.dumps(value), timezone):
        key = _key_of(value, line)
        yield Finding(("schedule", *key), RULE, line, on_value=not _QUOTED.search(line))


@lru_cache(maxsize=256)
def _mistakes(text: str, timezone: str) -> tuple[str, ...]:
    """What is wrong with a schedule, given as JSON: many workflows share one."""
    from engine.schedule.base import ScheduleError, build

    try:
        build(json.loads(text), timezone)
    except ScheduleError as error:
        return tuple(str(error).splitlines())
    return ()


def check_crontab(value: Params) -> Iterator[Finding]:
    """Warn of a cron pattern that a crontab would read differently. The schedule is a good one."""
    pattern = value.get("cron>")
    if not isinstance(pattern, str) or _reads_alike(pattern):
        return
    if message := _difference(pattern):
        yield Finding(("schedule", "cron>"), CRONTAB, message, Severity.WARNING, on_value=True)


def _key_of(value: Any, message: str) -> tuple[str, ...]:
    """The key of the schedule that a message is about; the type's when it names none."""
    if not isinstance(value, dict):
        return ()
    named = [key for key in value if f"'{key}'" in message or f" {key}:" in message]
    types = [key for key in value if key == "_type" or key.endswith(">")]
    return tuple((named or types)[:1])


def _reads_alike(pattern: str) -> bool:
    fields = pattern.split()
    return (
        len(fields) == 5
        and "*" in (fields[2], fields[4])
        and all(_PLAIN_FIELD.fullmatch(field) for field in fields)
    )


def _difference(pattern: str) -> str | None:
    from croniter import CroniterError, croniter

    from engine.schedule.base import build

    scheduler = build({"cron>": pattern}, "UTC")
    try:
        crontab = croniter(pattern, _SAMPLE_START)
        theirs: Iterator[datetime] = islice(crontab.all_next(datetime), _SAMPLES)
        ours = _SAMPLE_START
        for their_time in theirs:
            ours = scheduler.next(ours).time
            if ours != their_time:
                return _told(pattern, ours, their_time)
    except CroniterError:
        return None
    return None


def _told(pattern: str, ours: datetime, theirs: datetime) -> str:
    return (
        f"A crontab reads {shown(pattern)} differently: from {_SAMPLE_START:%Y-%m-%d} on it differs"
        f" first at {min(ours, theirs):%Y-%m-%d %H:%M}, where only"
        f" {'this schedule' if ours < theirs else 'a crontab'} fires; all five fields must match here"
    )
