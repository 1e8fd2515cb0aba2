"""A project at a commit: read once per content."""

from bot.candidate import Candidate, ProjectReader
from bot.git.snapshot import Snapshot
from bot.git.tree import Repository
from bot.rules import Target
from bot.settings import ProjectSettings
from engine.dig.project import LoadedProject, load
from engine.operators.registry import catalog
from tests.support.git import WorkTree
from tests.support.projects import BROKEN, PLAIN, SUM


class Counting:
    """Reads projects, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, snapshot: Snapshot) -> LoadedProject:
        self.count += 1
        return load(snapshot, catalog=catalog())


def read(reader: ProjectReader, opened: Repository, commit: str, *ignore: str) -> Candidate:
    found = opened.commit(commit)
    settings = ProjectSettings("etl", ".", ignore=ignore)
    return reader.read(opened, settings, Target("refs/heads/main", commit), found, found.tree)


def test_equal_content_is_read_once(work: WorkTree, opened: Repository) -> None:
    count = Counting()
    reader = ProjectReader(count)
    commit = work.commit({"a.dig": PLAIN})
    again = work.commit({})
    first = read(reader, opened, commit)
    assert read(reader, opened, again).loaded is first.loaded
    assert count.count == 1
    assert read(reader, opened, commit, "*.x").content_hash == first.content_hash
    assert count.count == 2


def test_only_the_last_few_are_kept(work: WorkTree, opened: Repository) -> None:
    count = Counting()
    reader = ProjectReader(count)
    commits = [work.commit({"a.dig": PLAIN, "n": str(number)}) for number in range(10)]
    for commit in commits:
        read(reader, opened, commit)
    read(reader, opened, commits[-1])
    assert count.count == 10
    read(reader, opened, commits[0])
    assert count.count == 11


def test_problems_of_files_and_of_the_language(work: WorkTree, opened: Repository) -> None:
    commit = work.commit({"b.dig": BROKEN, "a": "-> /etc"})
    found = read(ProjectReader(Counting()), opened, commit)
    assert found.name == "etl"
    assert [problem.rule for problem in found.problems] == ["symlink", "operators"]


def test_the_place_of_a_key(work: WorkTree, opened: Repository) -> None:
    commit = work.commit({"sum.dig": f"# first\n{SUM}", "b.dig": BROKEN})
    found = read(ProjectReader(Counting()), opened, commit)
    place = found.place("sum", "trigger")
    assert place is not None
    assert (place.file, place.line, place.column) == ("sum.dig", 2, 1)
    assert found.place("b", "trigger") is None
    assert found.place(None, "trigger") is None
