"""Projects, and what one of them has (rest-api.md §5 and §6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from bot import wire
from engine.deploy import UploadRequest
from engine.errors import NotFound
from engine.model import Definition, Project, Revision
from engine.store import definitions, revisions
from engine.store import projects as store
from engine.store import schedules as schedule_store
from engine.store import sessions as session_store
from engine.store.database import Tx
from webhooks.api.base import flag, number, raw_body, required, services, size, text
from webhooks.api.schedules import shown as shown_schedules
from webhooks.api.sessions import shown as shown_sessions
from webhooks.errors import BadRequest, json_answer

routes = Blueprint("projects", __name__, url_prefix="/api")

GZIP = ("application/gzip", "application/x-gzip")
NAME_LENGTH = 255
_NOT_FIRST = frozenset('0123456789+^@/\\:*?"<>|')
_SCHEDULE_FROM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@routes.get("/projects")
def list_projects() -> Response:
    with services().engine.database.read() as tx:
        rows = store.project_rows(
            tx,
            name=text("name"),
            name_pattern=text("name_pattern") or "",
            last_id=number("last_id") or 0,
            limit=size("count"),
        )
    shown = (wire.project(row.project, row.revision) for row in rows)
    return json_answer(wire.collection("projects", shown))


@routes.get("/projects/<id:project_id>")
def get_project(project_id: int) -> Response:
    with services().engine.database.read() as tx:
        project = store.living_project(tx, project_id)
        return json_answer(wire.project(project, _current(tx, project)))


@routes.get("/project")
def find_project() -> Response:
    name = required("name")
    with services().engine.database.read() as tx:
        project = store.project_named(tx, name)
        return json_answer(wire.project(project, _current(tx, project)))


@routes.get("/projects/<id:project_id>/revisions")
def list_revisions(project_id: int) -> Response:
    name = text("name")
    with services().engine.database.read() as tx:
        store.living_project(tx, project_id)
        if name is None:
            found = revisions.revisions_of(tx, project_id, last_id=number("last_id"))
        else:
            one = revisions.find_revision(tx, project_id, name=name)
            found = [one] if one else []
    return json_answer(wire.collection("revisions", map(wire.revision, found)))


@routes.get("/projects/<id:project_id>/workflows")
def list_workflows(project_id: int) -> Response:
    name = text("name")
    with services().engine.database.read() as tx:
        project, revision = _project_and_revision(tx, project_id)
        found = _definitions(tx, revision, name)
    shown = (wire.workflow(one, project.name, revision.name) for one in found if revision)
    return json_answer(wire.collection("workflows", shown))


@routes.get("/projects/<id:project_id>/workflows/<path:name>")
def get_workflow(project_id: int, name: str) -> Response:
    return _one_workflow(project_id, name)


@routes.get("/projects/<id:project_id>/workflow")
def find_workflow(project_id: int) -> Response:
    return _one_workflow(project_id, required("name"))


def _one_workflow(project_id: int, name: str) -> Response:
    with services().engine.database.read() as tx:
        project, revision = _project_and_revision(tx, project_id)
        found = _definitions(tx, revision, name)
    if revision is None or not found:
        place = f"revision id={revision.id}" if revision else f"project id={project_id}"
        raise NotFound(f"Resource does not exist: workflow name={name} in {place}")
    return json_answer(wire.workflow(found[0], project.name, revision.name))


@routes.get("/projects/<id:project_id>/schedules")
def list_schedules(project_id: int) -> Response:
    with services().engine.database.read() as tx:
        store.living_project(tx, project_id)
        rows = schedule_store.schedule_rows(
            tx,
            project_id=project_id,
            workflow_name=text("workflow"),
            last_id=number("last_id") or 0,
        )
    return json_answer(shown_schedules(rows))


@routes.get("/projects/<id:project_id>/sessions")
def list_sessions(project_id: int) -> Response:
    limit = size("page_size", services().settings.max_sessions_page_size)
    with services().engine.database.read() as tx:
        store.living_project(tx, project_id)
        rows = session_store.sessions(
            tx,
            project_id=project_id,
            workflow_name=text("workflow"),
            last_id=number("last_id"),
            limit=limit,
        )
    return json_answer(shown_sessions(rows))


@routes.get("/projects/<id:project_id>/archive")
def get_archive(project_id: int) -> Response:
    with services().engine.database.read() as tx:
        _, revision = _project_and_revision(tx, project_id)
    if revision is None:
        raise NotFound("Archive is not stored")
    try:
        data = services().engine.files.get(revision.archive_sha256)
    except NotFound:
        raise NotFound("Archive file not found") from None
    return Response(data, content_type="application/gzip")


@routes.delete("/projects/<id:project_id>")
def delete_project(project_id: int) -> Response:
    with services().engine.database.read() as tx:
        project = store.living_project(tx, project_id)
        before = wire.project(project, _current(tx, project))
    services().engine.delete_project(project_id)
    return json_answer(before)


@routes.put("/projects")
def put_project() -> Response:
    name, revision_name = required("project"), required("revision")
    check_names(name, revision_name)
    schedule_from = _schedule_from(text("schedule_from"))
    if (request.mimetype or "") not in GZIP:
        raise BadRequest(
            f"Content-Type must be application/gzip, but it is {request.content_type or 'missing'}"
        )
    limit = services().engine.settings.upload_limit
    archive = raw_body(limit, f"Size of the uploaded archive file exceeds limit ({limit} bytes)")
    upload = UploadRequest(
        project_name=name,
        revision_name=revision_name,
        archive=archive,
        schedule_from=schedule_from,
        clear_schedules=tuple(request.args.getlist("clear_schedule")),
        clear_all=flag("clear_schedule_all"),
    )
    project = services().engine.upload(upload)
    with services().engine.database.read() as tx:
        return json_answer(wire.project(project, _current(tx, project)))


def check_names(project: str, revision: str) -> None:
    """Raises `BadRequest` with every problem, as Digdag lists them (rest-api.md §2)."""
    problems = [*_problems("name", project), *_problems("revision", revision)]
    if project[:1] in _NOT_FIRST:
        problems.append(f'name must not begin with {project[:1]}: "{project}"')
    if project.endswith(".dig"):
        problems.append(f'name must not end with .dig: "{project}"')
    if problems:
        raise BadRequest("\n".join(["Validating project failed", *(f"  {p}" for p in problems)]))


def _problems(what: str, name: str) -> list[str]:
    if not name.strip():
        return [f'{what} must not be blank: "{name}"']
    if len(name) > NAME_LENGTH:
        return [f"{what} must have at most {NAME_LENGTH} characters, but it has {len(name)}"]
    return []


def _schedule_from(given: str | None) -> datetime | None:
    if given is None:
        return None
    if _SCHEDULE_FROM.fullmatch(given):
        try:
            return datetime.strptime(given, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            pass
    raise BadRequest(
        "Invalid schedule_from= parameter format. Expected yyyy-MM-dd'T'HH:mm:ss'Z' format"
    )


def _current(tx: Tx, project: Project) -> Revision | None:
    if project.current_revision_id is None:
        return None
    return revisions.revision(tx, project.current_revision_id)


def _project_and_revision(tx: Tx, project_id: int) -> tuple[Project, Revision | None]:
    """A living project with the revision that the query names, else with its current one."""
    project = store.living_project(tx, project_id)
    name = text("revision")
    if name is None:
        return project, _current(tx, project)
    return project, revisions.revision_named(tx, project_id, name)


def _definitions(tx: Tx, revision: Revision | None, name: str | None) -> list[Definition]:
    if revision is None:
        return []
    if name is None:
        return definitions.definitions_of(tx, revision.id)
    found = definitions.find_definition(tx, revision.id, name)
    return [found] if found else []
