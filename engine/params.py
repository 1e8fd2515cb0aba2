"""Parameters: how they are merged, reset and marked, and the built-in ones.

Trees of parameters are shared between tasks and never changed in place; every function here
returns a new tree, in which what did not change is the same object as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from engine.errors import ConfigError
from engine.zones import offset_text, zone

Params = dict[str, Any]

EPOCH = datetime.fromtimestamp(0, UTC)
MOST_DEPTH = 100  # mappings and lists inside each other; far above what people write


class Literal(str):
    """A stored text: never evaluated as a template (decisions.md, "Fixed here")."""

    __slots__ = ()


def literal(value: Any) -> Any:
    """`value` with every text in it that holds a `$` made a `Literal`; itself when there is none."""
    if isinstance(value, str):
        return Literal(value) if "$" in value and not isinstance(value, Literal) else value
    if isinstance(value, dict):
        marked = {key: literal(item) for key, item in value.items()}
        return marked if _differs(marked.values(), value.values()) else value
    if isinstance(value, list):
        items = [literal(item) for item in value]
        return items if _differs(items, value) else value
    return value


def too_deep(value: Any) -> bool:
    """Whether mappings and lists lie in each other deeper than `MOST_DEPTH`.

    All that walks through parameters may call itself once per level, so nothing deeper gets in.
    """
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [
            item
            for outer in level
            if isinstance(outer, dict | list)
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _differs(left: Iterable[Any], right: Iterable[Any]) -> bool:
    return any(new is not old for new, old in zip(left, right, strict=True))


def merge(base: Params, over: Params) -> Params:
    """`base` with `over` laid upon it: mappings key by key at every depth, all else replaced.

    Keys keep the place they have in `base`, new ones come last (language.md §10, §11). A null
    overrides. Either argument may be returned as it is, and subtrees are shared.
    """
    if not over:
        return base
    if not base:
        return over
    merged = base.copy()
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(below := base.get(key), dict):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def reset(params: Params, keys: Iterable[str]) -> Params:
    """`params` without `keys`; `a.b` removes b inside a. A key that leads nowhere is ignored."""
    for key in keys:
        params = _without(params, key.split("."))
    return params


def _without(params: Params, path: list[str]) -> Params:
    name, *rest = path
    if name not in params:
        return params
    kept = params.copy()
    if not rest:
        del kept[name]
    elif isinstance(params[name], dict):
        kept[name] = _without(params[name], rest)
    return kept


def session_time_text(moment: datetime, timezone: str) -> str:
    """A moment as `session_time` shows it: `2024-02-29T00:00:00+09:00`."""
    return _time_text(moment.astimezone(zone(timezone)))


def builtins(
    *,
    timezone: str,
    project_id: int,
    session_id: int,
    session_uuid: str,
    session_time: datetime,
    attempt_id: int,
    retry_attempt_name: str | None,
    params: Mapping[str, Any],
) -> Params:
    """The built-in variables of one attempt (language.md §14), without `task_name`.

    `params` are the attempt's own; the derived `last_session_date` and so on come from them. Where
    an export or a store overrides `last_session_time`, lay `derived_times` of the merged
    parameters on top.
    """
    local = session_time.astimezone(zone(timezone))
    found: Params = {
        "timezone": timezone,
        "session_uuid": session_uuid,
        "session_id": session_id,
        "session_time": _time_text(local),
        **_time_params("session_", local),
        **derived_times(params, timezone),
        "project_id": project_id,
        "attempt_id": attempt_id,
    }
    if retry_attempt_name is not None:
        found["retry_attempt_name"] = retry_attempt_name
    return found


def derived_times(params: Mapping[str, Any], timezone: str) -> Params:
    """What follows from `last_session_time`, `next_session_time`, `last_executed_session_time`.

    The last of them and what follows from it are empty texts where it is not set.
    """
    found: Params = {}
    for prefix in ("last_session_", "last_executed_session_", "next_session_"):
        text = params.get(f"{prefix}time")
        if text is None and prefix == "last_executed_session_":
            found.update(_never_executed(timezone))
        elif isinstance(text, str):
            found.update(_parsed_time_params(prefix, text, timezone))
    return found


@lru_cache(maxsize=256)
def _parsed_time_params(prefix: str, text: str, timezone: str) -> Params:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return {}
    if moment.tzinfo is None:
        return {}
    return _time_params(prefix, _local(moment, zone(timezone)))


@lru_cache(maxsize=64)
def _never_executed(timezone: str) -> Params:
    prefix = "last_executed_session_"
    names = ("time", "date", "date_compact", "local_time", "tz_offset", "unixtime")
    offset = offset_text(EPOCH.astimezone(zone(timezone)), "")
    return {prefix + name: offset if name == "tz_offset" else "" for name in names}


def _time_params(prefix: str, local: datetime) -> Params:
    return {
        f"{prefix}date": _date_text(local),
        f"{prefix}date_compact": _date_text(local).replace("-", ""),
        f"{prefix}local_time": f"{_date_text(local)} {local:%H:%M:%S}",
        f"{prefix}tz_offset": offset_text(local, ""),
        f"{prefix}unixtime": int(local.timestamp()),
    }


def _time_text(local: datetime) -> str:
    return f"{_date_text(local)}T{local:%H:%M:%S}{offset_text(local)}"


def _date_text(local: datetime) -> str:
    return f"{local.year:04d}-{local.month:02d}-{local.day:02d}"


def _local(moment: datetime, where: tzinfo) -> datetime:
    try:
        return moment.astimezone(where)
    except OverflowError:
        raise ConfigError(f"Time out of range: {moment.isoformat()}") from None
