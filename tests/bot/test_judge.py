"""Judging as values: git objects and a situation in, a verdict out. No store, no engine."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from bot.candidate import ProjectReader
from bot.dependencies import Known
from bot.events import RefUpdate, moved
from bot.git.tree import Repository
from bot.judge import Judge
from bot.plan import Plan, Situation, Verdict, settings_of
from bot.rules import Target
from bot.settings import ProjectSettings
from bot.store import Follow
from engine.dig.project import load
from engine.model import Project
from engine.operators.registry import catalog
from tests.support.git import Files, WorkTree
from tests.support.projects import BROKEN, DAILY, PLAIN, SUM

MAIN = "refs/heads/main"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Bench:
    """A repository of id 1 whose pushes are judged and, when accepted, remembered."""

    work: WorkTree
    opened: Repository
    refs: dict[str, str] = field(default_factory=dict)
    situation: Situation = field(default_factory=lambda: Situation("shop", 1))
    known: Known = field(default_factory=Known)
    said: list[str] = field(default_factory=list)

    @property
    def judge(self) -> Judge:
        reader = ProjectReader(lambda snapshot: load(snapshot, catalog=catalog()))
        return Judge(self.opened, self.situation, reader, self._ask, self.said.append)

    def _ask(self, _incoming: Iterable[str], _upstreams: Iterable[str]) -> Known:
        return self.known

    def push(self, files: Files | None = None, *refs: str, atomic: bool = False) -> Verdict:
        """Commit, push the commit to these refs, and remember what was accepted."""
        head = self.work.commit(files)
        updates = [RefUpdate(ref, self.refs.get(ref), head) for ref in (refs or (MAIN,))]
        return self.move(*updates, atomic=atomic)

    def move(self, *updates: RefUpdate, atomic: bool = False) -> Verdict:
        verdict = self.judge.judge(self.refs, updates, MAIN, atomic=atomic)
        self.refs = moved(self.refs, verdict.accepted)
        if verdict.plan:
            self._remember(verdict.plan)
        return verdict

    def _remember(self, plan: Plan) -> None:
        follows, projects = dict(self.situation.follows), dict(self.situation.projects)
        for position in plan.positions:
            settings, target = position.settings, position.target
            follows[settings.name] = Follow(
                1,
                settings.name,
                settings.path,
                target.ref if target else None,
                position.commit,
                position.tree,
                settings_of(settings),
                settings.uploads,
                position.state,
                NOW,
            )
            if position.state == "deployed":
                projects[settings.name] = Project(1, settings.name, NOW, repository_id=1)
        self.situation = replace(self.situation, follows=follows, projects=projects)


@pytest.fixture
def bench(work: WorkTree, opened: Repository) -> Bench:
    return Bench(work, opened)


def deploying(verdict: Verdict) -> list[str]:
    return [candidate.name for candidate in verdict.plan.candidates] if verdict.plan else []


def states(verdict: Verdict) -> dict[str, str]:
    assert verdict.plan is not None
    return {position.settings.name: position.state for position in verdict.plan.positions}


def test_a_verdict_changes_nothing(bench: Bench) -> None:
    before = bench.opened.refs()
    head = bench.work.commit({"a.dig": PLAIN})
    bench.judge.judge({}, [RefUpdate(MAIN, None, head)], MAIN)
    assert bench.opened.refs() == {**before, MAIN: head}  # the work tree's own branch


def test_new_changed_and_untouched(bench: Bench) -> None:
    first = bench.push({"etl/a.dig": PLAIN, "report/b.dig": PLAIN})
    assert deploying(first) == ["etl", "report"]
    second = bench.push({"etl/a.dig": DAILY})
    assert deploying(second) == ["etl"]
    assert second.plan is not None
    assert second.plan.untouched == ["report"]
    assert states(second) == {"etl": "deployed", "report": "deployed"}
    assert {position.commit for position in second.plan.positions} == {bench.work.head}
    assert bench.said[-1].startswith("Checking etl at main (")


def test_an_error_refuses_all_deploy_refs_and_only_those(bench: Bench) -> None:
    rule = 'projects: {a: {}, b: {deploy: live}, c: {deploy: {tags: "v*"}}}'
    bench.push({"digbot.yml": rule, "a/a.dig": PLAIN, "b/b.dig": PLAIN, "c/c.dig": PLAIN})
    verdict = bench.push(
        {"a/a.dig": BROKEN}, MAIN, "refs/heads/live", "refs/tags/v1", "refs/tags/x", "refs/heads/y"
    )
    # a, b and c all take the broken commit's own folders: only a's has the mistake.
    assert set(verdict.refused) == {MAIN, "refs/heads/live", "refs/tags/v1"}
    assert set(verdict.refused.values()) == {"digbot: 1 problem"}
    assert [update.ref for update in verdict.accepted] == ["refs/tags/x", "refs/heads/y"]
    assert verdict.plan is None
    assert verdict.rejected is not None
    assert [refused.project for refused in verdict.rejected.broken] == ["a"]


def test_all_or_nothing(bench: Bench) -> None:
    verdict = bench.push({"a.dig": BROKEN}, MAIN, "refs/heads/y", atomic=True)
    assert verdict.refused == {
        MAIN: "digbot: 1 problem",
        "refs/heads/y": "digbot: atomic push failed",
    }
    assert verdict.accepted == []
    assert verdict.rejected is not None


def test_a_bad_ref_does_not_hold_up_the_others(bench: Bench) -> None:
    head = bench.work.commit({"a.dig": PLAIN})
    stale = RefUpdate("refs/heads/x", "1" * 40, head)
    verdict = bench.move(RefUpdate(MAIN, None, head), stale)
    assert verdict.refused == {"refs/heads/x": "fetch first"}
    assert deploying(verdict) == ["shop"]


def test_the_state_after_the_push_decides(bench: Bench) -> None:
    """The rule and the tag that it asks for come in one push."""
    files = {"digbot.yml": 'projects: {etl: {deploy: {tags: "v*"}}}', "etl/a.dig": PLAIN}
    verdict = bench.push(files, MAIN, "refs/tags/v1")
    (candidate,) = verdict.plan.candidates if verdict.plan else ()
    assert candidate.target.tag == "v1"


def test_partly_when_the_file_says_so(bench: Bench) -> None:
    bench.push({"digbot.yml": "on_error: accept", "a/a.dig": PLAIN, "b/b.dig": PLAIN})
    verdict = bench.push({"a/a.dig": BROKEN, "b/b.dig": DAILY})
    assert verdict.refused == {}
    assert deploying(verdict) == ["b"]
    assert states(verdict) == {"a": "refused", "b": "deployed"}
    again = bench.push({})
    assert [refused.project for refused in again.plan.broken] == ["a"] if again.plan else False


def test_a_broken_file_is_never_accepted(bench: Bench) -> None:
    bench.push({"digbot.yml": "on_error: accept", "a/a.dig": PLAIN})
    assert bench.push({"digbot.yml": "on_error: maybe"}).refused == {MAIN: "digbot: 1 problem"}
    assert bench.push({"digbot.yml": None, "x.dig": PLAIN}).refused == {MAIN: "digbot: 1 problem"}


def test_a_folder_that_goes_is_gone_once(bench: Bench) -> None:
    bench.push({"a/a.dig": PLAIN, "b/b.dig": PLAIN})
    verdict = bench.push({"a": None})
    assert states(verdict) == {"a": "gone", "b": "deployed"}
    assert [gone.project for gone in verdict.plan.gone] == ["a"] if verdict.plan else False
    again = bench.push({})
    assert again.plan is not None
    assert again.plan.gone == []


def test_another_ref_leaves_the_projects_alone(bench: Bench) -> None:
    bench.push({"a/a.dig": PLAIN})
    verdict = bench.push({"a/a.dig": DAILY}, "refs/heads/side")
    assert verdict.plan is not None
    assert (verdict.plan.candidates, verdict.plan.positions, verdict.plan.gone) == ([], [], [])


def test_an_upload_since_is_put_right(bench: Bench) -> None:
    bench.push({"a/a.dig": PLAIN})
    assert deploying(bench.push({})) == []
    bench.situation = replace(bench.situation, uploaded=frozenset({"a"}))
    assert deploying(bench.push({})) == ["a"]


def test_somebody_elses_project(bench: Bench) -> None:
    bench.known = Known(projects={"a": 7})
    bench.situation = replace(bench.situation, owners={7: "first"})
    verdict = bench.push({"a/a.dig": PLAIN})
    assert verdict.rejected is not None
    (problem,) = verdict.rejected.broken[0].problems
    assert problem.message.startswith("project 'a' belongs to the repository 'first'; 'shop'")
    bench.known = Known(projects={"a": None})
    assert deploying(bench.push({})) == ["a"]


def test_triggers_have_a_place(bench: Bench) -> None:
    verdict = bench.push({"report/sum.dig": "# first\n" + SUM})
    assert verdict.rejected is not None
    (problem,) = [p for p in verdict.rejected.broken[0].problems if p.is_error]
    assert str(problem) == (
        "sum.dig:2:1: Dependent project 'etl' not found in trigger config [trigger]"
    )


def test_a_tag_of_something_else(bench: Bench) -> None:
    bench.push({"digbot.yml": 'projects: {a: {deploy: {tags: "v*"}}}', "a/a.dig": PLAIN})
    tree = bench.opened.commit(bench.work.head).tree
    verdict = bench.move(RefUpdate("refs/tags/v1", None, tree))
    assert verdict.refused == {"refs/tags/v1": "digbot: 1 problem"}
    assert verdict.rejected is not None
    assert "is a tree, not a commit" in verdict.rejected.broken[0].problems[0].message


def test_an_older_commit_may_not_know_the_project(bench: Bench) -> None:
    """Then the settings of the default branch count."""
    bench.push({"lib/a.dig": PLAIN}, MAIN, "refs/heads/live")
    file = "projects: {new: {path: lib, deploy: live, ignore: [x]}, lib: {}}"
    verdict = bench.push({"digbot.yml": file})
    (candidate,) = verdict.plan.candidates if verdict.plan else ()
    assert candidate.settings == ProjectSettings(
        "new", "lib", candidate.settings.deploy, ignore=("x",)
    )


def test_a_preview_compares_with_the_base(bench: Bench) -> None:
    bench.push({"a/a.dig": PLAIN, "b/b.dig": PLAIN})
    base = bench.opened.commit(bench.work.head)
    head = bench.opened.commit(bench.work.commit({"a/a.dig": DAILY, "c/c.dig": PLAIN}))
    plan, before = bench.judge.preview(base, head, Target("refs/heads/f", head.id))
    assert [candidate.name for candidate in plan.candidates] == ["a", "c"]
    assert list(before) == ["a"]
