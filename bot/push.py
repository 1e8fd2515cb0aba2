"""One push to the embedded remote, from its objects in quarantine to its report."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import apply, branches, comments, store
from bot.events import BRANCHES, RefUpdate, moved
from bot.git.address import public
from bot.git.incoming import Incoming
from bot.git.tree import Repository
from bot.judge import Judge
from bot.plan import Plan, Situation, Verdict
from bot.settle import Progress, Settler
from engine.files.local import sync_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Push:
    """`path` is where the repository is, or will be. Whoever runs it holds the repository's lock."""

    settler: Settler
    path: Path
    name: str
    updates: Sequence[RefUpdate]
    incoming: Incoming
    atomic: bool
    progress: Progress

    def run(self) -> Mapping[str, str]:
        """Judge and carry out; the refs that did not move, with the reason."""
        row, found = self.settler.situation(self.name)
        if row is not None and row.url is not None:
            return dict.fromkeys((u.ref for u in self.updates), comments.mirrored(public(row.url)))
        before, default = self._stand()
        judge = self.settler.judge(self.incoming.repository, found, self.progress)
        verdict = judge.judge(before, self.updates, default, atomic=self.atomic)
        prepared = apply.prepare(self.settler.engine, verdict.plan) if verdict.plan else []
        rest = self._other_refs(judge, before, verdict)
        if verdict.rejected is not None:
            rest = [*_rejected(verdict), *rest]
        if verdict.accepted:
            row = self._take(row, verdict)
            lines = self._deploy(row, found, verdict, prepared, rest)
        else:
            lines = comments.budget(rest)
            self._record_refusal(row, verdict, lines)
        for line in lines:
            self.progress(line)
        return verdict.refused

    def _stand(self) -> tuple[dict[str, str], str]:
        """The refs before the push, and the default branch."""
        if not self.path.is_dir():
            return {}, f"{BRANCHES}main"
        repository = Repository(self.path)
        return repository.refs(), repository.default_branch

    def _other_refs(self, judge: Judge, before: Mapping[str, str], verdict: Verdict) -> list[str]:
        """The check of branches that deploy nothing."""
        plan = verdict.plan or verdict.rejected or Plan()
        default = verdict.default_branch
        others = [u for u in verdict.accepted if not judge.deploys(u.ref, plan, default)]
        after = moved(before, verdict.accepted)
        return branches.check(judge, self.incoming.repository, after, default, others)

    def _take(self, row: store.Repository | None, verdict: Verdict) -> store.Repository:
        """Intent, objects, refs. When the refs do not move, nothing has happened."""
        settler = self.settler
        if not self.path.is_dir():
            Repository.create(self.path)
            sync_folder(self.path.parent)
        if row is None:
            with settler.database.transaction() as tx:
                row = store.insert_repository(tx, self.name, settler.now())
        settler.write_intent(row, verdict.accepted, "push")
        repository = Repository(self.path)
        try:
            self.incoming.promote(self.path)
            if repository.default_branch != verdict.default_branch:
                repository.set_default_branch(verdict.default_branch)
            repository.move(verdict.accepted)
        except BaseException:
            settler.give_up(row, repository, verdict.accepted)
            raise
        return row

    def _deploy(
        self,
        row: store.Repository,
        found: Situation,
        verdict: Verdict,
        prepared: Sequence[apply.Prepared],
        rest: Sequence[str],
    ) -> list[str]:
        """The refs have moved: what fails from here on is tried again, the push stays accepted."""
        plan = verdict.plan or Plan()
        job = apply.Job(row, Repository(self.path), found, plan, prepared, "push")
        try:
            return self.settler.carry_out(job, verdict.accepted, refused=verdict.refused, more=rest)
        except Exception as error:
            log.exception("The deploy of %s failed; it is tried again", row.name)
            self.settler.postpone(row)
            return comments.budget(comments.deploy_failed(str(error)))

    def _record_refusal(
        self, row: store.Repository | None, verdict: Verdict, lines: Sequence[str]
    ) -> None:
        if row is None:  # a repository that was not made
            return
        push = store.NewPush("push", self.updates, verdict.refused, lines)
        with self.settler.database.transaction() as tx:
            store.insert_push(tx, row.id, push, now=self.settler.now())


def _rejected(verdict: Verdict) -> list[str]:
    plan = verdict.rejected or Plan()
    accepted = [update.short for update in verdict.accepted]
    return [*comments.refused(plan.broken), *comments.nothing_deployed(plan.errors, accepted)]
