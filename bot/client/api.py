"""The REST API as methods (rest-api.md §5-13): JSON objects in and out, one method per request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from bot.client.errors import ClientError, Refused
from bot.client.http import Connection, Query, segment

Json = dict[str, Any]


class Client:
    """Everything raises `bot.client.errors.Unreachable` or `Refused`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    # -- requests --------------------------------------------------------------------------------

    def get(self, path: str, query: Query | None = None) -> Any:
        return _json(self.connection.ask("GET", path, query=query).body)

    def send(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return _json(self.connection.ask(method, path, query=query, body=data).body)

    def _list(self, path: str, name: str, query: Query | None = None) -> list[Json]:
        return cast(list[Json], self.get(path, query)[name])

    # -- projects --------------------------------------------------------------------------------

    def projects(self, **query: Any) -> list[Json]:
        return self._list("/api/projects", "projects", query)

    def project(self, name: str) -> Json | None:
        """The project of this name; None when there is none."""
        return _first(self.projects(name=name))

    def upload(self, name: str, revision: str, archive: bytes, **query: Any) -> Json:
        answer = self.connection.ask(
            "PUT",
            "/api/projects",
            query={"project": name, "revision": revision, **query},
            body=archive,
            content_type="application/gzip",
        )
        return cast(Json, _json(answer.body))

    def archive(self, project_id: str, revision: str | None = None) -> bytes:
        path = f"/api/projects/{project_id}/archive"
        return self.connection.ask("GET", path, query={"revision": revision}).body

    def delete_project(self, project_id: str) -> Json:
        return cast(Json, self.send("DELETE", f"/api/projects/{project_id}"))

    # -- workflows -------------------------------------------------------------------------------

    def workflows(self, **query: Any) -> list[Json]:
        return self._list("/api/workflows", "workflows", query)

    def project_workflows(self, project_id: str, **query: Any) -> list[Json]:
        return self._list(f"/api/projects/{project_id}/workflows", "workflows", query)

    def workflow(self, project_id: str, name: str, revision: str | None = None) -> Json | None:
        """A workflow of the current or the named revision; None when it has none of this name."""
        return _first(self.project_workflows(project_id, name=name, revision=revision))

    def truncate(self, workflow_id: str, session_time: str, mode: str | None = None) -> str:
        """A session time in the workflow's timezone."""
        path = f"/api/workflows/{workflow_id}/truncated_session_time"
        return cast(
            str, self.get(path, {"session_time": session_time, "mode": mode})["sessionTime"]
        )

    # -- schedules -------------------------------------------------------------------------------

    def schedules(self, **query: Any) -> list[Json]:
        return self._list("/api/schedules", "schedules", query)

    def project_schedules(self, project_id: str, **query: Any) -> list[Json]:
        return self._list(f"/api/projects/{project_id}/schedules", "schedules", query)

    def disable_schedule(self, schedule_id: str) -> Json:
        return cast(Json, self.send("POST", f"/api/schedules/{schedule_id}/disable"))

    def enable_schedule(self, schedule_id: str, body: Mapping[str, Any] | None = None) -> Json:
        return cast(Json, self.send("POST", f"/api/schedules/{schedule_id}/enable", body))

    # -- sessions and attempts -------------------------------------------------------------------

    def sessions(self, project_id: str | None = None, **query: Any) -> list[Json]:
        path = f"/api/projects/{project_id}/sessions" if project_id else "/api/sessions"
        return self._list(path, "sessions", query)

    def session(self, session_id: str) -> Json:
        return cast(Json, self.get(f"/api/sessions/{session_id}"))

    def session_attempts(self, session_id: str, **query: Any) -> list[Json]:
        return self._list(f"/api/sessions/{session_id}/attempts", "attempts", query)

    def attempts(self, **query: Any) -> list[Json]:
        return self._list("/api/attempts", "attempts", query)

    def attempt(self, attempt_id: str) -> Json:
        return cast(Json, self.get(f"/api/attempts/{attempt_id}"))

    def tasks(self, attempt_id: str) -> list[Json]:
        return self._list(f"/api/attempts/{attempt_id}/tasks", "tasks")

    def start(self, request: Mapping[str, Any]) -> tuple[Json, bool]:
        """(the attempt, whether this request started it); else it was there before (§11.2)."""
        try:
            return cast(Json, self.send("PUT", "/api/attempts", dict(request))), True
        except Refused as refused:
            there = refused.document()
            if refused.status == 409 and isinstance(there, dict) and "sessionId" in there:
                return there, False
            raise

    def kill(self, attempt_id: str) -> Json:
        return cast(Json, self.send("POST", f"/api/attempts/{attempt_id}/kill"))

    # -- logs ------------------------------------------------------------------------------------

    def log_files(self, attempt_id: str, task: str | None = None) -> list[Json]:
        return self._list(f"/api/logs/{attempt_id}/files", "files", {"task": task})

    def log_file(self, attempt_id: str, name: str) -> bytes:
        """The file as it is stored: gzip, without an end while its task runs."""
        return self.connection.ask("GET", f"/api/logs/{attempt_id}/files/{segment(name)}").body

    # -- secrets ---------------------------------------------------------------------------------

    def secrets(self, project_id: str) -> list[str]:
        return [
            entry["key"] for entry in self._list(f"/api/projects/{project_id}/secrets", "secrets")
        ]

    def set_secret(self, project_id: str, key: str, value: str) -> None:
        self.send("PUT", f"/api/projects/{project_id}/secrets/{segment(key)}", {"value": value})

    def delete_secret(self, project_id: str, key: str) -> None:
        self.send("DELETE", f"/api/projects/{project_id}/secrets/{segment(key)}")

    # -- the rest --------------------------------------------------------------------------------

    def version(self) -> str:
        return cast(str, self.get("/api/version")["version"])

    # -- ours: None where the server is Digdag's ---------------------------------------------------

    def attempts_with_origin(self, **query: Any) -> list[Json] | None:
        """Attempts with revision, deployment and trigger chain (`bot.wire.provenance`)."""
        found = self._ours("/api/digbot/attempts", query)
        return None if found is None else cast(list[Json], found["attempts"])

    def attempt_with_origin(self, attempt_id: str) -> Json | None:
        return cast(Json | None, self._ours(f"/api/digbot/attempts/{attempt_id}"))

    def wait(self, attempt_id: str, seconds: float) -> Json | None:
        """The attempt once it is done, or as it is after `seconds`."""
        return cast(
            Json | None, self._ours(f"/api/digbot/attempts/{attempt_id}/wait", {"timeout": seconds})
        )

    def follow(
        self, attempt_id: str, cursor: str | None, task: str | None, seconds: float
    ) -> Json | None:
        """What was logged after `cursor`; waits up to `seconds` when there is nothing yet."""
        query = {"cursor": cursor, "task": task, "timeout": seconds}
        return cast(Json | None, self._ours(f"/api/digbot/attempts/{attempt_id}/log", query))

    def repositories(self) -> list[Json]:
        return self._list("/api/digbot/repositories", "repositories")

    def add_repository(self, request: Mapping[str, Any]) -> Json:
        return cast(Json, self.send("PUT", "/api/digbot/repositories", dict(request)))

    def remove_repository(self, name: str) -> Json:
        return cast(Json, self.send("DELETE", f"/api/digbot/repositories/{segment(name)}"))

    def sync_repository(self, name: str) -> Json:
        return cast(Json, self.send("POST", f"/api/digbot/repositories/{segment(name)}/sync"))

    def _ours(self, path: str, query: Query | None = None) -> Any:
        try:
            return self.get(path, query)
        except Refused as refused:
            if refused.status == 404 and not _speaks_of_a_thing(refused):
                return None
            raise


def _speaks_of_a_thing(refused: Refused) -> bool:
    """Whether a 404 means an attempt that is not there, rather than a route that is not there."""
    document = refused.document()
    message = document.get("message") if isinstance(document, dict) else None
    return isinstance(message, str) and message.startswith(
        "Resource does not exist: session attempt"
    )


def _first(items: Sequence[Json]) -> Json | None:
    return items[0] if items else None


def _json(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        shown = body[:200].decode("utf-8", "replace")
        raise ClientError(f"The server's answer is not JSON: {shown}") from None
