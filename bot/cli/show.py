"""The blocks that several commands print, from the API's objects (cli.md §7)."""

from __future__ import annotations

from bot.cli.output import Block, block, hint, local, local_with_distance, own_offset, say
from bot.client.api import Json

COMMIT_DIGITS = 12


def project(entry: Json) -> Block:
    return [
        ("name", entry["name"]),
        ("id", entry["id"]),
        ("revision", entry["revision"]),
        ("archive type", entry["archiveType"]),
        ("project created at", local(entry["createdAt"])),
        ("revision updated at", local(entry["updatedAt"])),
    ]


def uploaded(entry: Json) -> None:
    """What push and upload print."""
    say("Uploaded:")
    say(
        block(
            [
                ("id", entry["id"]),
                ("name", entry["name"]),
                ("revision", entry["revision"]),
                ("archive type", entry["archiveType"]),
                ("project created at", entry["createdAt"]),
                ("revision updated at", entry["updatedAt"]),
            ]
        )
    )
    say()
    say("Use `digbot workflows` to show all workflows.")


def schedule(entry: Json) -> Block:
    return [
        ("id", entry["id"]),
        ("project", entry["project"]["name"]),
        ("workflow", entry["workflow"]["name"]),
        ("disabled at", local(entry["disabledAt"])),
        ("next session time", own_offset(entry["nextScheduleTime"])),
        ("next scheduled to run at", local_with_distance(entry["nextRunTime"])),
    ]


def session(entry: Json) -> Block:
    last = entry["lastAttempt"]
    return [
        ("session id", entry["id"]),
        ("attempt id", last["id"]),
        ("uuid", entry["sessionUuid"]),
        ("project", entry["project"]["name"]),
        ("workflow", entry["workflow"]["name"]),
        ("session time", own_offset(entry["sessionTime"])),
        ("retry attempt name", last["retryAttemptName"]),
        ("params", last["params"]),
        ("created at", local(last["createdAt"])),
        ("kill requested", last["cancelRequested"]),
        ("status", status(last)),
    ]


def status(last: Json) -> str:
    """Of a session: what its last attempt came to."""
    if last["success"]:
        return "success"
    return "error" if last["done"] else "running"


def attempt(entry: Json, *, started: bool = False) -> Block:
    """An attempt; as start and retry show it when `started`."""
    head: Block = [
        ("session id", entry["sessionId"]),
        ("attempt id", entry["id"]),
        ("uuid", entry["sessionUuid"]),
        ("project", entry["project"]["name"]),
        ("workflow", entry["workflow"]["name"]),
        ("session time", own_offset(entry["sessionTime"])),
        ("retry attempt name", entry["retryAttemptName"]),
        ("params", entry["params"]),
        ("created at", local(entry["createdAt"])),
    ]
    if started:
        return head
    return [
        *head,
        ("finished at", local(entry["finishedAt"])),
        ("kill requested", entry["cancelRequested"]),
        ("status", entry["status"]),
    ]


def origin(entry: Json) -> Block:
    """Where an attempt came from: ours, so below what Digdag prints."""
    lines: list[tuple[str, object]] = [("revision", revision(entry)), ("commit", commit(entry))]
    if entry["triggeredBy"]:
        lines.append(("triggered by", link(entry["triggeredBy"])))
    if entry["triggered"]:
        lines.append(("triggered", ", ".join(link(other) for other in entry["triggered"])))
    if entry["notStarted"]:
        lines.append(("not started", ", ".join(firing(other) for other in entry["notStarted"])))
    return lines


def revision(entry: Json) -> str:
    found = entry["revision"]
    return f"r{found['number']} ({found['name']})" if found else ""


def commit(entry: Json) -> str:
    """`4c1f… v1.2 Load hourly`; empty for an upload."""
    found = entry["deployment"]
    if not found or not found["commit"]:
        return ""
    name = found["tag"] or (found["ref"] or "").rpartition("refs/heads/")[2]
    parts = [found["commit"][:COMMIT_DIGITS], name, found["subject"]]
    return " ".join(part for part in parts if part)


def link(other: Json) -> str:
    return f"attempt {other['id']} ({other['project']}/{other['workflow']}, {other['status']})"


def firing(other: Json) -> str:
    """A trigger without an attempt: `report/sum (dropped: Workflow 'sum' is gone)`."""
    why = f": {other['message']}" if other["message"] else ""
    return f"{other['project']}/{other['workflow']} ({other['state']}{why})"


def attempt_started(entry: Json) -> None:
    say("Started a session attempt:")
    say(block(attempt(entry, started=True)))
    say()
    hint(f"* Use `digbot session {entry['sessionId']}` to show session status.")
    hint(
        f"* Use `digbot task {entry['id']}` and `digbot log {entry['id']}` to show task status and logs."
    )
