"""The store as the advancer sees it: load an attempt, commit steps."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.clock import Clock
from engine.flow.resume import Resume, reusable
from engine.live import LoadedAttempt
from engine.model import Attempt, Params, Revision, Step, Task
from engine.params import merge
from engine.store import sessions, tasks
from engine.store.database import Database, Tx
from engine.store.sessions import AttemptRow
from engine.submit import LEASE, Submitter
from engine.triggers import fire


@dataclass(frozen=True, slots=True)
class StoreJournal:
    """After a commit, `ended` is told that a slot may be free, and `began` that attempts began,
    which may have deadlines."""

    database: Database
    clock: Clock
    submitter: Submitter
    default_params: Params
    ended: Callable[[], None]
    began: Callable[[], None]

    def load(self, attempt_ids: Collection[int]) -> list[LoadedAttempt]:
        """Three queries however many attempts, and two more for each that resumes another."""
        with self.database.read() as tx:
            found = sessions.attempt_rows(tx, attempt_ids)
            going = [attempt_id for attempt_id, row in found.items() if not row.attempt.done]
            origins = sessions.origins(tx, going)
            return [
                self._loaded(tx, found[attempt_id], origins[attempt_id].revision, rows)
                for attempt_id, rows in tasks.load_all(tx, going).items()
                if rows
            ]

    def _loaded(
        self, tx: Tx, row: AttemptRow, revision: Revision, rows: list[Task]
    ) -> LoadedAttempt:
        return LoadedAttempt(
            attempt=row.attempt,
            project_name=row.project_name,
            revision_name=revision.name,
            archive_sha256=revision.archive_sha256,
            base=merge(self.default_params, row.attempt.params),
            tasks=rows,
            reusable=_reusable(tx, row.attempt),
        )

    def commit(self, steps: list[Step]) -> list[int]:
        now = self.clock.now()
        begun: list[int] = []
        with self.database.transaction() as tx:
            tasks.apply(
                tx, steps, server_id=self.submitter.server_id, now=now, lease_until=now + LEASE
            )
            for step in steps:
                if step.end is not None and step.end.success:
                    begun += fire(tx, self.submitter, step.attempt_id, now)
            if any(step.end for step in steps):
                tx.after_commit(self.ended)
            if begun:
                tx.after_commit(self.began)
        return begun


def _reusable(tx: Tx, attempt: Attempt) -> dict[str, Task]:
    """What the attempt takes over, for tasks that are generated later."""
    stored = sessions.resume_of(tx, attempt.id) if attempt.resumed_from else None
    if not stored:
        return {}
    resume = Resume.from_params(stored)
    return reusable(tasks.shown(tx, resume.attempt_id), resume.from_)
