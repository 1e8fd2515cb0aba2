"""The bot: repositories, pushes to them, mirrors that are polled, and what a crash left.

Each repository has one lock, held from judging to the end of the deploy: pushes queue. The order is
decisions.md's ("Pushes to the embedded remote"): judge; write the intent; move the refs by
compare-and-set; commit the deploy; print. After a crash the intent and the refs decide.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot import comments, store
from bot.apply import Engine
from bot.events import BRANCHES, RefUpdate, difference
from bot.git import address, mirror
from bot.git.errors import GitError, NoSuchRepository
from bot.git.host import GitHost, check_name
from bot.git.incoming import Incoming, clean
from bot.git.maintain import maintain
from bot.git.tree import Repository
from bot.push import Push
from bot.reconcile import Timer, pause, spread
from bot.settle import FIRST_RETRY, LONGEST_RETRY, Progress, Settler
from engine.clock import Clock
from engine.errors import Conflict, EngineError
from engine.model import Project
from engine.store import projects
from engine.store.database import Database

log = logging.getLogger(__name__)

DEFAULT_POLL = 60  # seconds
SHORTEST_POLL = 5


class Bot:
    """All repositories of one data folder. Safe to use from any thread.

    `host` is the embedded remote (webhooks/git.py serves it). Call `recover` before pushes are taken.
    """

    def __init__(
        self,
        engine: Engine,
        database: Database,
        data_dir: Path,
        clock: Clock,
        *,
        create_repositories: bool = True,
    ) -> None:
        """`create_repositories`: a push makes the repository that it names (`git.create`)."""
        self.host = GitHost(data_dir / "git", self, create=create_repositories)
        self._database = database
        self._clock = clock
        self._mirrors = data_dir / "mirrors"
        self._settler = Settler(engine)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()
        self._timer = Timer(clock, self.work)

    # -- life ---------------------------------------------------------------------------------

    def recover(self) -> None:
        """Finish what a server that was killed had begun."""
        clean(self.host.incoming_folder)
        with self._database.read() as tx:
            waiting = {intent.repository_id for intent in store.list_intents(tx)}
            rows = [row for row in store.list_repositories(tx) if row.id in waiting]
        for row in rows:
            log.info("Finishing a deploy of %s that was cut off", row.name)
            self._retry(row)

    def start(self) -> None:
        """From now on poll the mirrors, and try deploys again that failed."""
        self._timer.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._timer.stop()

    # -- repositories -------------------------------------------------------------------------

    def repositories(self) -> list[store.Repository]:
        """By name."""
        with self._database.read() as tx:
            return [_public(row) for row in store.list_repositories(tx)]

    def repository(self, name: str) -> store.Repository:
        """Raises `NoSuchRepository`."""
        return _public(self._row(name))

    def add_repository(
        self, url: str, name: str | None = None, poll_seconds: int | None = None
    ) -> store.Repository:
        """Follow a repository elsewhere; its first poll is at once. Raises `Conflict`, `GitError`."""
        checked = address.check_url(url)
        chosen = check_name(name or address.name_of(checked))
        seconds = max(SHORTEST_POLL, poll_seconds or DEFAULT_POLL)
        now = self._clock.now()
        with self._locked(chosen), self._database.transaction() as tx:
            if store.repository(tx, chosen) is not None or self.host.exists(chosen):
                raise Conflict(f"There is a repository {chosen!r} already")
            row = store.insert_repository(tx, chosen, now, url=checked, poll_seconds=seconds)
        self._timer.wake()
        return _public(row)

    def remove_repository(self, name: str) -> store.Repository:
        """Deploy nothing from it any more. Its projects stay, and may follow another repository.

        A mirror's copy is deleted; a hosted repository is put aside. Raises `NoSuchRepository`.
        """
        with self._locked(name):
            row = self._row(name)
            with self._database.transaction() as tx:
                for project in projects.projects_of_repository(tx, row.id):
                    projects.set_repository(tx, project.id, None)
                store.remove_repository(tx, row.id, self._clock.now())
            self._put_away(row)
        return _public(row)

    def _put_away(self, row: store.Repository) -> None:
        path = self._path(row)
        if row.url is not None:
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_dir():
            aside = self.host.root / ".removed"
            aside.mkdir(exist_ok=True)
            path.rename(aside / f"{row.name}-{row.id}.git")

    def sync(self, name: str) -> list[str]:
        """Fetch a mirror, and deploy what the refs ask for; the report. Raises `GitError`."""
        with self._locked(name):
            row = self._row(name)
            if row.url is not None:
                return self._poll(row, "sync")
            return self._settler.settle(row, Repository(self._path(row)), "sync", again=True)

    def set_default_branch(self, name: str, branch: str) -> list[str]:
        """Make another branch the one that deploys and that clones check out; the report."""
        with self._locked(name):
            row = self._row(name)
            repository = Repository(self._path(row))
            if row.url is not None or f"{BRANCHES}{branch}" not in repository.refs():
                raise GitError(comments.no_such_branch(name, branch))
            repository.set_default_branch(f"{BRANCHES}{branch}")
            return self._settler.settle(row, repository, "sync", again=True)

    def pushes(
        self, name: str, *, last_id: int | None = None, limit: int = 20
    ) -> list[store.PushRecord]:
        """What was pushed or polled, with the report, newest first."""
        row = self._row(name)
        with self._database.read() as tx:
            return store.list_pushes(tx, row.id, last_id=last_id, limit=limit)

    def uploads_allowed(self, project: Project) -> bool:
        """For `Engine.uploads_allowed`: a project of a repository takes none, unless told to."""
        if project.repository_id is None:
            return True
        with self._database.read() as tx:
            rows = store.list_follows(tx, project.repository_id)
        return any(row.project_name == project.name and row.uploads for row in rows)

    # -- pushes -------------------------------------------------------------------------------

    def receive(
        self,
        repository_name: str,
        updates: Sequence[RefUpdate],
        progress: Progress,
        *,
        incoming: Incoming,
        atomic: bool = False,
    ) -> Mapping[str, str | None]:
        """A push to the embedded remote (`bot.git.host.Receiver`); ref -> why it did not move."""
        with self._locked(repository_name, progress):
            path = self.host.path(repository_name)
            push = Push(self._settler, path, repository_name, updates, incoming, atomic, progress)
            try:
                refused = push.run()
            except Exception as error:
                log.exception("The push to %s failed", repository_name)
                expected = isinstance(error, EngineError | GitError | OSError)
                reason = comments.failed(str(error) if expected else None)
                refused = dict.fromkeys((u.ref for u in updates), reason)
        self._timer.wake()
        return {update.ref: refused.get(update.ref) for update in updates}

    # -- mirrors, and what failed -------------------------------------------------------------

    def work(self) -> datetime | None:
        """Do whatever is due; when the next thing is. What the timer calls."""
        now = self._clock.now()
        with self._database.read() as tx:
            rows = {row.id: row for row in store.list_repositories(tx)}
            intents = store.list_intents(tx)
        due = {i.repository_id for i in intents if i.next_try_at and i.next_try_at <= now}
        for row in rows.values():
            if row.id in due:
                self._retry(row)
            elif row.next_poll_at is not None and row.next_poll_at <= now:
                self._poll_quietly(row)
            self._maintain(row)
        return self._next_due()

    def _maintain(self, row: store.Repository) -> None:
        """What can wait until the pushes are answered."""
        path = self._path(row)
        try:
            with self._locked(row.name):
                if path.is_dir() and maintain(path):
                    log.info("Tidied up the objects of %s", row.name)
        except (GitError, OSError):
            log.exception("Tidying up the objects of %s failed", row.name)

    def _next_due(self) -> datetime | None:
        with self._database.read() as tx:
            polls = [row.next_poll_at for row in store.list_repositories(tx)]
            retries = [intent.next_try_at for intent in store.list_intents(tx)]
        return min((moment for moment in (*polls, *retries) if moment is not None), default=None)

    def _retry(self, row: store.Repository) -> None:
        with self._locked(row.name), self._again_if_it_fails(row):
            path = self._path(row)
            if path.is_dir():
                self._settler.settle(row, Repository(path), None)
            else:  # killed before it was made
                self._settler.drop_intents(row)

    def _poll_quietly(self, row: store.Repository) -> None:
        with self._locked(row.name), self._again_if_it_fails(row):
            for line in self._poll(row, "poll"):
                log.info("%s: %s", row.name, line)

    def _poll(self, row: store.Repository, requested_by: str) -> list[str]:
        """Fetch, move the refs, deploy. The caller holds the lock."""
        path = self._path(row)
        try:
            remote = mirror.fetch(row.url or "", path)
        except GitError as error:
            self._record_poll(row, str(error))
            raise
        copy = Repository(path)
        if remote.default_branch and copy.default_branch != remote.default_branch:
            copy.set_default_branch(remote.default_branch)
        updates = difference(copy.refs(), remote.refs)
        by_hand = requested_by == "sync"
        if updates:
            self._settler.write_intent(row, updates, requested_by)
            copy.move(updates)
        self._record_poll(row, None)
        if not updates and not by_hand:
            return []
        return self._settler.settle(row, copy, requested_by, updates, again=by_hand)

    def _record_poll(self, row: store.Repository, error: str | None) -> None:
        now = self._clock.now()
        wait = spread(row.poll_seconds or DEFAULT_POLL)
        if error is not None:
            wait = max(wait, pause(row.failures, first=FIRST_RETRY, most=LONGEST_RETRY))
        with self._database.transaction() as tx:
            store.record_poll(tx, row.id, now=now, next_poll_at=now + wait, error=error)

    @contextmanager
    def _again_if_it_fails(self, row: store.Repository) -> Iterator[None]:
        try:
            yield
        except GitError as error:
            log.warning("%s: %s; it is tried again", row.name, error)
            self._settler.postpone(row)
        except Exception:
            log.exception("The deploy of %s failed; it is tried again", row.name)
            self._settler.postpone(row)

    # -- helpers ------------------------------------------------------------------------------

    def _row(self, name: str) -> store.Repository:
        with self._database.read() as tx:
            found = store.repository(tx, name)
        if found is None:
            raise NoSuchRepository(f"There is no repository {name!r}")
        return found

    def _path(self, row: store.Repository) -> Path:
        if row.url is None:
            return self.host.path(row.name)
        return self._mirrors / f"{row.name}.git"

    @contextmanager
    def _locked(self, name: str, progress: Progress | None = None) -> Iterator[None]:
        with self._locks_lock:
            lock = self._locks.setdefault(name, threading.Lock())
        if not lock.acquire(blocking=False):
            if progress is not None:
                progress(comments.queued(name))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _public(row: store.Repository) -> store.Repository:
    """Without the password that the address may hold: that never leaves the bot."""
    return replace(row, url=address.public(row.url)) if row.url else row
