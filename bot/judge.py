"""What a push means: which refs may move, which projects deploy, what is wrong. Nothing is changed here.

All refs of a push are judged together, against the state that it leads to (decisions.md, "Pushes to
the embedded remote"). A poll or a recovery is the same with refs that have moved already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import comments, dependencies, layout, refs, rules
from bot.candidate import Candidate, ProjectReader
from bot.dependencies import Finding, Known
from bot.events import RefUpdate, moved, short_ref
from bot.git.errors import GitError
from bot.git.tree import Commit, Repository
from bot.layout import Layout, Place
from bot.plan import Plan, Position, Situation, Verdict, settings_of
from bot.rules import Target
from bot.settings import ProjectSettings
from engine.dig.problem import Problem, Severity

# (names of incoming projects, names of their upstreams) -> what the store knows
AskKnown = Callable[[Iterable[str], Iterable[str]], Known]


@dataclass(frozen=True, slots=True)
class _News:
    """A project that is not as it was deployed."""

    settings: ProjectSettings
    target: Target
    commit: Commit
    tree: str


class Judge:
    """Judges one push. `repository` sees the objects that came with it."""

    def __init__(
        self,
        repository: Repository,
        situation: Situation,
        reader: ProjectReader,
        ask_known: AskKnown,
        progress: Callable[[str], None],
    ) -> None:
        self._repository = repository
        self._situation = situation
        self._reader = reader
        self._ask_known = ask_known
        self._progress = progress

    def judge(
        self,
        before: Mapping[str, str],
        updates: Sequence[RefUpdate],
        current_default: str,
        *,
        atomic: bool = False,
    ) -> Verdict:
        """A push that can still be refused."""
        default = refs.choose_default_branch(before, updates, current_default)
        refused = refs.check(self._repository, before, updates, current_default)
        accepted = [update for update in updates if update.ref not in refused]
        if atomic and refused:
            return _all_refused(updates, refused, default)
        plan = self.plan(moved(before, accepted), default, accepted)
        deploying = [u for u in accepted if self.deploys(u.ref, plan, default)]
        if not plan.errors or not deploying or _accepts_errors(plan):
            return Verdict(refused, accepted, default, plan)
        refused |= {update.ref: comments.reason(plan.errors) for update in deploying}
        if atomic:
            return replace(_all_refused(updates, refused, default), rejected=plan)
        others = [update for update in accepted if update.ref not in refused]
        return Verdict(refused, others, default, None, plan)

    def plan(
        self, after: Mapping[str, str], default: str, updates: Sequence[RefUpdate] | None
    ) -> Plan:
        """What the refs ask for; of projects that `updates` concern, None for all."""
        plan = Plan()
        head = after.get(default)
        if head is None:
            return plan
        commit = self._repository.commit(head)
        plan.layout = found = layout.read(self._repository, commit.tree, self._situation.repository)
        default_moves = updates is None or any(update.ref == default for update in updates)
        problems = [*found.problems]
        if default_moves and not problems:
            problems += layout.lost(self._repository, commit.tree, found, self._places())
        if problems:
            plan.broken.append(comments.Refused(self._situation.repository, problems))
            plan.blocked = True
            return plan
        if default_moves:
            self._find_gone(plan, found)
        news = [
            self._consider(plan, settings, after, default, commit)
            for settings in found.projects.values()
            if default_moves or _concerns(settings, updates or (), default)
        ]
        self._read(plan, [item for item in news if item is not None])
        partly = updates is None or found.settings.on_error == "accept"
        self._check_together(plan, partly=partly)
        return plan

    def preview(
        self, base: Commit, merged: Commit, target: Target
    ) -> tuple[Plan, dict[str, Candidate]]:
        """What a branch would bring: its projects that differ from the base, and those of the base."""
        plan, before = Plan(), dict[str, Candidate]()
        name = self._situation.repository
        plan.layout = found = layout.read(self._repository, merged.tree, name)
        problems = [*found.problems]
        problems += layout.lost(self._repository, merged.tree, found, self._places())
        if problems:
            plan.broken.append(comments.Refused(name, problems))
            return plan, before
        old = layout.read(self._repository, base.tree, name).projects
        news = []
        for settings in found.projects.values():
            tree = self._folder(merged, settings)
            was = old.get(settings.name)
            old_tree = self._folder(base, was) if was else None
            if tree is not None and (tree != old_tree or settings != was):
                news.append(_News(settings, target, merged, tree))
                if was and old_tree:
                    before[settings.name] = self._reader.read(
                        self._repository, was, target, base, old_tree
                    )
        self._read(plan, news)
        self._check_together(plan, partly=False)
        return plan, before

    def _folder(self, commit: Commit, settings: ProjectSettings) -> str | None:
        entry = self._repository.lookup(commit.tree, settings.path)
        return entry.id if entry and entry.kind == "tree" else None

    def deploys(self, ref: str, plan: Plan, default: str) -> bool:
        """True when the ref deploys something, or says what deploys."""
        if ref == default:
            return True
        listed = plan.layout.projects.values() if plan.layout else ()
        return any(rules.matches(settings.deploy, ref, default) for settings in listed)

    def _places(self) -> list[Place]:
        follows = self._situation.follows.values()
        return [Place(f.project_name, f.path) for f in follows if self._lives(f.project_name)]

    def _lives(self, project: str) -> bool:
        """True for a project that this repository has deployed and still follows."""
        follow = self._situation.follows.get(project)
        return follow is not None and follow.state != "gone" and project in self._situation.projects

    def _find_gone(self, plan: Plan, found: Layout) -> None:
        for name, follow in self._situation.follows.items():
            if name not in found.projects and follow.state != "gone":
                why = comments.NOT_NAMED if found.declared else comments.FOLDER_GONE
                self._leave(plan, ProjectSettings(name, follow.path), why)

    def _leave(self, plan: Plan, settings: ProjectSettings, why: str) -> None:
        """Nothing deploys the project any more."""
        if self._lives(settings.name):
            plan.gone.append(comments.Gone(settings.name, why))
        plan.positions.append(Position(settings, "gone"))

    def _consider(
        self,
        plan: Plan,
        declared: ProjectSettings,
        after: Mapping[str, str],
        default: str,
        head: Commit,
    ) -> _News | None:
        """Find what deploys one project, and whether that is news."""
        target = rules.target(declared.deploy, after, default, self._tagged_at(after))
        rule = rules.describe(declared.deploy, default)
        if target is None:
            if declared.name not in self._situation.follows:
                plan.waiting.append((declared.name, rule))
            self._leave(plan, declared, comments.no_ref(rule))
            return None
        try:
            commit = head if target.id == head.id else self._repository.commit(target.id)
            settings, problems = self._at_commit(declared, commit, head)
        except GitError as error:
            settings, problems = declared, [_problem("git", str(error))]
            commit = head
        if problems:
            self._refuse(plan, Position(settings, "refused", target, commit.id), problems)
            return None
        entry = self._repository.lookup(commit.tree, settings.path)
        if entry is None or entry.kind != "tree":
            self._no_folder(plan, settings, target, commit, entry.kind if entry else None)
        elif self._is_news(settings, target, commit, entry.id):
            return _News(settings, target, commit, entry.id)
        else:
            self._stay(plan, settings, target, commit, entry.id)
        return None

    def _stay(
        self, plan: Plan, settings: ProjectSettings, target: Target, commit: Commit, tree: str
    ) -> None:
        """The project is as it was; it moves on to the new commit without a deploy."""
        if self._situation.follows[settings.name].state == "refused":
            plan.positions.append(Position(settings, "refused", target, commit.id))
            return
        plan.untouched.append(settings.name)
        plan.positions.append(Position(settings, "deployed", target, commit.id, tree))

    def _read(self, plan: Plan, news: Sequence[_News]) -> None:
        if news:
            names = [item.settings.name for item in news]
            places = {(short_ref(item.target.ref), item.commit.id) for item in news}
            self._progress(comments.checking(names, sorted(places)))
        for item in news:
            candidate = self._reader.read(
                self._repository, item.settings, item.target, item.commit, item.tree
            )
            plan.candidates.append(candidate)

    def _tagged_at(self, after: Mapping[str, str]) -> Callable[[str], datetime]:
        return lambda ref: self._repository.tagged_at(after[ref])

    def _at_commit(
        self, declared: ProjectSettings, commit: Commit, head: Commit
    ) -> tuple[ProjectSettings, list[Problem]]:
        """Path, ignored files and schedules are the deployed commit's, the rest is the head's."""
        if commit.tree == head.tree:
            return declared, []
        found = layout.read(self._repository, commit.tree, self._situation.repository)
        if found.problems:
            return declared, list(found.problems)
        own = found.projects.get(declared.name)
        if own is None or not found.declared:
            return declared, []
        return replace(own, deploy=declared.deploy, uploads=declared.uploads), []

    def _is_news(
        self, settings: ProjectSettings, target: Target, commit: Commit, tree: str
    ) -> bool:
        """A folder that is as it was deploys nothing; but a tag is shown, so a new one is news."""
        situation = self._situation
        follow = situation.follows.get(settings.name)
        if follow is None or follow.state == "gone" or settings.name in situation.uploaded:
            return True
        if follow.settings != settings_of(settings) or follow.path != settings.path:
            return True
        if follow.state == "refused":
            return follow.commit != commit.id
        if settings.name not in situation.projects or follow.tree != tree:
            return True
        return target.tag is not None and (follow.ref, follow.commit) != (target.ref, commit.id)

    def _no_folder(
        self,
        plan: Plan,
        settings: ProjectSettings,
        target: Target,
        commit: Commit,
        kind: str | None,
    ) -> None:
        """A folder that was deleted is a decision; one that never was is a slip of the pen."""
        follow = self._situation.follows.get(settings.name)
        if kind is None and follow is not None and follow.path == settings.path:
            self._leave(plan, settings, comments.FOLDER_GONE)
            return
        message = (
            comments.missing_folder(settings.path)
            if kind is None
            else comments.no_folder(settings.path, kind)
        )
        self._refuse(
            plan, Position(settings, "refused", target, commit.id), [_problem("settings", message)]
        )

    def _refuse(
        self, plan: Plan, position: Position, problems: Sequence[Problem], folder: str = "."
    ) -> None:
        plan.broken.append(comments.Refused(position.settings.name, problems, folder))
        plan.positions.append(position)

    def _check_together(self, plan: Plan, *, partly: bool) -> None:
        """Owners and triggers, then sort the candidates into those that deploy and those that do not."""
        listed, plan.candidates = plan.candidates, []
        if not listed:
            return
        known = self._known(plan, listed)
        found = {c.name: [*c.problems, *self._not_ours(c.name, known)] for c in listed}
        broken = {name for name, problems in found.items() if _has_error(problems)}
        broken |= {refused.project for refused in plan.broken}
        findings = _trigger_findings(listed, broken, known, partly=partly)
        by_name = {candidate.name: candidate for candidate in listed}
        for finding in findings:
            found[finding.project].append(_trigger_problem(by_name[finding.project], finding))
        for candidate in listed:
            self._settle(plan, candidate, sorted(found[candidate.name]))

    def _known(self, plan: Plan, listed: Sequence[Candidate]) -> Known:
        upstreams = {up for c in listed for up, _ in c.loaded.triggers.values()}
        known = self._ask_known([candidate.name for candidate in listed], upstreams)
        return replace(known, declared=frozenset(plan.layout.projects if plan.layout else ()))

    def _settle(self, plan: Plan, candidate: Candidate, problems: list[Problem]) -> None:
        settings = candidate.settings
        if _has_error(problems):
            position = Position(settings, "refused", candidate.target, candidate.commit.id)
            self._refuse(plan, position, problems, settings.path)
            return
        plan.candidates.append(candidate)
        plan.warnings[candidate.name] = problems
        plan.positions.append(
            Position(settings, "deployed", candidate.target, candidate.commit.id, candidate.tree)
        )

    def _not_ours(self, name: str, known: Known) -> Iterable[Problem]:
        owner = known.projects.get(name)
        if owner is not None and owner != self._situation.repository_id:
            other = self._situation.owners.get(owner, "another one")
            yield _problem("owner", comments.owned(name, other, self._situation.repository))


def _trigger_findings(
    listed: Sequence[Candidate], broken: set[str], known: Known, *, partly: bool
) -> list[Finding]:
    """What is wrong with the triggers; where that breaks a project, its dependents are looked at again."""
    incoming = {c.name: _incoming(c) for c in listed if c.name not in broken}
    findings = dependencies.check(incoming, broken, known, partly=partly)
    errors = [finding for finding in findings if finding.is_error]
    if not errors or not partly:
        return findings
    worse = broken | {finding.project for finding in errors}
    return errors + _trigger_findings(listed, worse, known, partly=partly)


def _incoming(candidate: Candidate) -> dependencies.Incoming:
    loaded = candidate.loaded
    return dependencies.Incoming(frozenset(loaded.workflows), dict(loaded.triggers))


def _trigger_problem(candidate: Candidate, finding: Finding) -> Problem:
    severity = Severity.ERROR if finding.is_error else Severity.WARNING
    place = candidate.place(finding.workflow, "trigger")
    return Problem("trigger", severity, finding.message, place)


def _concerns(settings: ProjectSettings, updates: Sequence[RefUpdate], default: str) -> bool:
    return any(rules.matches(settings.deploy, update.ref, default) for update in updates)


def _accepts_errors(plan: Plan) -> bool:
    """`on_error: accept`; but a repository whose digbot.yml cannot be read accepts nothing."""
    found = plan.layout
    return found is not None and not plan.blocked and found.settings.on_error == "accept"


def _has_error(problems: Iterable[Problem]) -> bool:
    return any(problem.is_error for problem in problems)


def _all_refused(updates: Sequence[RefUpdate], refused: dict[str, str], default: str) -> Verdict:
    everything = {update.ref: refused.get(update.ref, comments.ATOMIC) for update in updates}
    return Verdict(everything, [], default, None)


def _problem(rule: str, message: str) -> Problem:
    return Problem(rule, Severity.ERROR, message)
