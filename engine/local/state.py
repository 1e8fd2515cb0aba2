"""The state folder of local runs: which tasks succeeded, and what they left (engine.md §24)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.files import names
from engine.outcome import TaskResult
from engine.zones import zone

_FORMAT = "%Y%m%dT%H%M%S%z"
_SUFFIX = ".yml"


class StateFolder:
    """`DIR/<session time>/<full task name>.yml`, one file per task that succeeded.

    The files are written as JSON, which YAML reads as well, at once and whole.
    """

    def __init__(self, root: Path, session_time: datetime, timezone: str) -> None:
        self.path = root / session_time.astimezone(zone(timezone)).strftime(_FORMAT)

    def load(self, full_name: str) -> TaskResult | None:
        """The result of a task that succeeded in an earlier run, if there is one."""
        try:
            stored = json.loads(self._file(full_name).read_bytes())
            result = stored["result"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return TaskResult(
            subtask=result.get("subtaskConfig", {}),
            export=result.get("exportParams", {}),
            store=result.get("storeParams", {}),
            reset=tuple(result.get("resetStoreParams", ())),
        )

    def save(self, full_name: str, result: TaskResult) -> None:
        stored: dict[str, Any] = {
            "fullName": full_name,
            "state": "success",
            "result": {
                "subtaskConfig": result.subtask,
                "exportParams": result.export,
                "storeParams": result.store,
                "resetStoreParams": list(result.reset),
                "report": {"inputs": [], "outputs": []},
            },
        }
        self.path.mkdir(parents=True, exist_ok=True)
        target = self._file(full_name)
        part = target.with_name(target.name + ".part")
        part.write_text(json.dumps(stored, ensure_ascii=False, indent=2) + "\n")
        os.replace(part, target)

    def _file(self, full_name: str) -> Path:
        return self.path / (names.encode(full_name) + _SUFFIX)


def saved_times(root: Path, workflow_name: str) -> Iterator[datetime]:
    """Session times of the runs of a workflow that left a state, newest first."""
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        try:
            moment = datetime.strptime(folder.name, _FORMAT)
        except ValueError:
            continue
        start = names.encode(f"+{workflow_name}")
        if any(_of_workflow(file.name, start) for file in folder.iterdir()):
            found.append(moment)
    yield from sorted(found, reverse=True)


def _of_workflow(file_name: str, start: str) -> bool:
    """A file `+wf.yml`, `+wf+task.yml` or `+wf^….yml`, but not `+wf2….yml`."""
    rest = file_name.removeprefix(start)
    return file_name.startswith(start) and rest[:1] in ("+", "^", ".")
