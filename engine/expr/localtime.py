"""A time zone as the table that the JavaScript side reads (js/date.js)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from engine.zones import zone

_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=10)  # no zone changed twice in less, in the years that matter
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=64)
def table(name: str) -> dict[str, list[Any]]:
    """`moments` (ms) at which `offsets[i + 1]` (ms) and `names[i + 1]` begin.

    Raises `ConfigError` when there is no such zone.
    """
    where = zone(name)
    moments: list[int] = []
    periods = [_period(where, _FIRST)]
    at = _FIRST
    while at < _LAST:
        later = at + _STEP
        period = _period(where, later)
        if period != periods[-1]:
            moments.append(int(_change(where, at, later).timestamp()) * 1000)
            periods.append(period)
        at = later
    return {
        "moments": moments,
        "offsets": [int(offset.total_seconds()) * 1000 for offset, _ in periods],
        "names": [abbreviation for _, abbreviation in periods],
    }


def _period(where: tzinfo, moment: datetime) -> tuple[timedelta, str]:
    local = moment.astimezone(where)
    return local.utcoffset() or timedelta(), local.tzname() or ""


def _change(where: tzinfo, before: datetime, after: datetime) -> datetime:
    """The second at which the period of `after` began, by halving."""
    new = _period(where, after)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _period(where, middle) == new:
            after = middle
        else:
            before = middle
    return after
