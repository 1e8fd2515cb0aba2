"""`_retry`: how often to try again, and how long to wait before it (engine.md §11)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError
from engine.typed import as_int, as_text

RETRY_COUNT = "retry_count"  # key of the state params that counts the tries made
_TYPES = {"constant": False, "exponential": True}


@dataclass(frozen=True, slots=True)
class RetryControl:
    """`limit` extra tries; pauses in whole seconds, `max_interval` caps exponential ones only."""

    limit: int = 0
    interval: int = 0
    exponential: bool = False
    max_interval: int | None = None

    @classmethod
    def from_config(cls, value: Any) -> RetryControl:
        """Read the value of a `_retry` key; None means none. Raises `ConfigError` for other shapes."""
        if value is None:
            return cls()
        if isinstance(value, dict):
            return cls._from_mapping(value)
        if isinstance(value, bool | list):
            raise ConfigError(
                f"Invalid _retry format:{json.dumps(value)} (expected a number of retries,"
                " or a mapping with limit, interval, interval_type and max_interval)"
            )
        return cls(limit=as_int({"_retry": value}, "_retry"))

    @classmethod
    def _from_mapping(cls, value: dict[str, Any]) -> RetryControl:
        kind = as_text(value, "interval_type", "constant")
        if kind.lower() not in _TYPES:
            raise ConfigError(
                f"Invalid retry_interval_type: {kind} (expected constant or exponential)"
            )
        return cls(
            limit=as_int(value, "limit"),
            interval=as_int(value, "interval", 0),
            exponential=_TYPES[kind.lower()],
            max_interval=as_int(value, "max_interval", None),
        )

    def wait(self, retry_count: int) -> int | None:
        """Seconds to wait after `retry_count` retries were made; None when none is left."""
        if retry_count >= self.limit:
            return None
        if not self.exponential:
            return max(0, self.interval)
        # A shift as wide as a year in seconds is beyond every cap; wider ones only cost memory.
        pause = self.interval << min(retry_count, 32)
        return max(0, pause if self.max_interval is None else min(pause, self.max_interval))
