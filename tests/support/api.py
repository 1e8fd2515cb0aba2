"""The API without a socket: requests go straight to the application."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from tests.support.server import archive
from tests.support.web import HELLO
from webhooks.parts import Parts

TIME = "2024-01-02T00:00:00+00:00"


@dataclass
class Api:
    """Sends requests, and reads answers as JSON."""

    parts: Parts
    client: Client

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        if body is not None:
            more["data"] = json.dumps(body)
            more.setdefault("content_type", "application/json")
        return self.client.open(path, method=method, **more)

    def get(self, path: str, **query: object) -> Any:
        """The JSON of an answer that must be a success."""
        return self.fine("GET", f"{path}?{urlencode(query)}" if query else path)

    def fine(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Status and message of an answer that must be an error."""
        answer = self.ask(method, path, body, **more)
        assert answer.json is not None, answer.text
        assert set(answer.json) == {"message", "status"}
        assert answer.json["status"] == answer.status_code
        return answer.status_code, answer.json["message"]

    def upload(
        self, name: str = "etl", files: Mapping[str, str | bytes] | None = None, **query: str
    ) -> dict[str, Any]:
        """The project."""
        words = {"project": name, "revision": "r-1", **query}
        found: dict[str, Any] = self.fine(
            "PUT",
            f"/api/projects?{urlencode(words)}",
            data=archive(files or HELLO),
            content_type="application/gzip",
        )
        return found

    def workflow_id(self, project: Mapping[str, Any], name: str = "main") -> str:
        found = self.get(f"/api/projects/{project['id']}/workflows", name=name)["workflows"]
        return str(found[0]["id"])

    def start(self, project: Mapping[str, Any], time: str = TIME, **more: Any) -> dict[str, Any]:
        """The attempt of a new session."""
        body = {"workflowId": self.workflow_id(project), "sessionTime": time, "params": {}, **more}
        found: dict[str, Any] = self.fine("PUT", "/api/attempts", body)
        return found


def finished(api: Api, attempt: Mapping[str, Any]) -> dict[str, Any]:
    """The attempt once it is done; its server must run."""
    found: dict[str, Any] = api.get(f"/api/digbot/attempts/{attempt['id']}/wait", timeout=30)
    assert found["done"], found
    return found
