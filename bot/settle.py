"""Bring deployments in line with refs: the part that pushes, polls, syncs and recovery share.

Whoever calls holds the lock of the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot import apply, comments, situation, store
from bot.apply import Engine
from bot.candidate import ProjectReader
from bot.events import RefUpdate
from bot.git.snapshot import Snapshot
from bot.git.tree import Repository
from bot.judge import Judge
from bot.plan import Situation
from bot.reconcile import pause
from engine.dig.project import LoadedProject, load
from engine.operators.registry import catalog

Progress = Callable[[str], None]

FIRST_RETRY, LONGEST_RETRY = 10.0, 600.0  # seconds, after a failure


class Settler:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.database = engine.database
        self._reader = ProjectReader(_load)

    def now(self) -> datetime:
        return self.engine.clock.now()

    def situation(self, name: str) -> tuple[store.Repository | None, Situation]:
        with self.database.read() as tx:
            row = store.repository(tx, name)
            return row, situation.read(tx, name, row)

    def judge(self, view: Repository, found: Situation, progress: Progress) -> Judge:
        return Judge(view, found, self._reader, situation.asker(self.database), progress)

    def write_intent(
        self, row: store.Repository, updates: Sequence[RefUpdate], requested_by: str
    ) -> None:
        """From here on a crash does not lose the deploy of these updates."""
        with self.database.transaction() as tx:
            store.insert_intent(tx, row.id, updates, requested_by, self.now())

    def give_up(
        self, row: store.Repository, repository: Repository, updates: Sequence[RefUpdate]
    ) -> None:
        """Moving the refs failed. When none has moved nothing has happened; else it must be finished."""
        if any_moved(repository.refs(), updates):
            self.postpone(row)
        else:
            self.drop_intents(row)

    def drop_intents(self, row: store.Repository) -> None:
        with self.database.transaction() as tx:
            for intent in store.list_intents(tx, row.id):
                store.delete_intent(tx, intent.id)

    def postpone(self, row: store.Repository) -> None:
        """The deploy failed, for a reason that may pass: try again later, each time a little later."""
        with self.database.transaction() as tx:
            for intent in store.list_intents(tx, row.id):
                wait = pause(intent.failures, first=FIRST_RETRY, most=LONGEST_RETRY)
                store.postpone_intent(tx, intent.id, self.now() + wait)

    def settle(
        self,
        row: store.Repository,
        repository: Repository,
        requested_by: str | None,
        updates: Sequence[RefUpdate] = (),
        *,
        again: bool = False,
    ) -> list[str]:
        """Deploy what the refs, as they are, ask for; projects with errors stay as they are.

        `requested_by` None: on behalf of the push that was cut off. `again`: also look at projects
        that were refused at the commit where they still stand.
        """
        with self.database.read() as tx:
            intents = store.list_intents(tx, row.id)
            found = situation.read(tx, row.name, row)
        for intent in intents:
            roll_forward(repository, intent.updates)
        if again:
            found = replace(found, follows=_without_refused(found.follows))
        judge = self.judge(repository, found, _silent)
        plan = judge.plan(repository.refs(), repository.default_branch, None)
        by = requested_by or next((intent.requested_by for intent in intents), "recovery")
        prepared = apply.prepare(self.engine, plan)
        return self.carry_out(apply.Job(row, repository, found, plan, prepared, by), updates)

    def carry_out(
        self,
        job: apply.Job,
        updates: Sequence[RefUpdate],
        *,
        refused: Mapping[str, str] = MappingProxyType({}),
        more: Sequence[str] = (),
    ) -> list[str]:
        """Deploy, record, and forget the intents, in one transaction; the report.

        `more` are lines that follow on those of the deploy.
        """
        plan = job.plan
        with self.database.transaction() as tx:
            results = apply.deploy(tx, self.engine, job)
            lines = [*apply.report(plan, results), *more] or [apply.nothing(plan)]
            lines = comments.budget(lines)
            for intent in store.list_intents(tx, job.row.id):
                store.delete_intent(tx, intent.id)
            if updates or plan.candidates or plan.gone or plan.broken:
                push = store.NewPush(job.requested_by, updates, refused, lines)
                store.insert_push(tx, job.row.id, push, now=self.now())
        return lines


def roll_forward(repository: Repository, updates: Sequence[RefUpdate]) -> None:
    """Finish moving refs that a crash interrupted: all, if one of them has moved, else none."""
    refs = repository.refs()
    left = [u for u in updates if refs.get(u.ref) == u.old != u.new]
    if left and any_moved(refs, updates):
        repository.move(left)


def any_moved(refs: Mapping[str, str], updates: Sequence[RefUpdate]) -> bool:
    return any(refs.get(u.ref) == u.new != u.old for u in updates)


def _without_refused(follows: Mapping[str, store.Follow]) -> dict[str, store.Follow]:
    """Refused ones as if their commit were another."""
    return {
        name: replace(follow, commit=None) if follow.state == "refused" else follow
        for name, follow in follows.items()
    }


def _load(snapshot: Snapshot) -> LoadedProject:
    return load(snapshot, catalog=catalog())


def _silent(_line: str) -> None:
    return None
