"""When two commits mean the same project, and the archive that tasks run from."""

import pytest

from bot.content import archive, content_hash
from bot.git.snapshot import Snapshot
from bot.git.tree import Repository
from engine.dig.project import load
from engine.files.archive import read
from engine.operators.registry import catalog
from tests.support.git import Files, WorkTree

BASE = {
    "a.dig": "_export:\n  x: 1\n  y: 2\n+t:\n  echo>: hi\n",
    "b.dig": "+t:\n  !include : parts/t.yml\n",
    "parts/t.yml": "echo>: hi\n",
    "parts/unused.yml": "a: 1\n",
    "run.sh": "echo hi\n",
}


def digest(work: WorkTree, opened: Repository, files: Files, *ignore: str) -> str:
    tree = opened.commit(work.commit(files)).tree
    snapshot = Snapshot(opened, tree, ignore)
    return content_hash(snapshot, load(snapshot, catalog=catalog()).parsed)


@pytest.mark.parametrize(
    "change",
    [
        {"a.dig": "# a comment\n_export: {x: 1, y: 2}\n+t: {echo>: 'hi'}\n"},
        {"b.dig": "\n+t:\n    !include : parts/t.yml\n"},
        {"parts/t.yml": "# hi\necho>: 'hi'\n"},
        {".github/workflows/x.yml": "on: push\n"},
        {"digbot.yml": "projects: {}\n"},
        {"notes.ipynb": "{}"},
    ],
    ids=["formatting", "indent", "included", "dotfile", "settings", "ignored"],
)
def test_the_same_content(work: WorkTree, opened: Repository, change: Files) -> None:
    before = digest(work, opened, BASE, "*.ipynb")
    assert digest(work, opened, change, "*.ipynb") == before


@pytest.mark.parametrize(
    "change",
    [
        {"a.dig": "_export:\n  y: 2\n  x: 1\n+t:\n  echo>: hi\n"},
        {"a.dig": "_export:\n  x: '1'\n  y: 2\n+t:\n  echo>: hi\n"},
        {"a.dig": "_export:\n  x: 1.0\n  y: 2\n+t:\n  echo>: hi\n"},
        {"a.dig": None, "c.dig": BASE["a.dig"]},
        {"parts/t.yml": "echo>: ho\n"},
        {"parts/unused.yml": "a: 1 # nobody reads it as YAML\n"},
        {"run.sh": "echo  hi\n"},
        {"run.sh": None},
        {"run.sh": "-> parts/t.yml"},
        {"README.md": ""},
    ],
    ids=["order", "type", "float", "name", "included", "bytes", "space", "less", "link", "more"],
)
def test_other_content(work: WorkTree, opened: Repository, change: Files) -> None:
    before = digest(work, opened, BASE)
    assert digest(work, opened, change) != before


def test_the_executable_bit_counts(work: WorkTree, opened: Repository) -> None:
    before = digest(work, opened, BASE)
    (work.folder / "run.sh").chmod(0o755)
    assert digest(work, opened, {}) != before


def test_it_does_not_depend_on_the_repository(work: WorkTree, opened: Repository) -> None:
    folder = {f"deep/{path}": text for path, text in BASE.items()}
    tree = opened.commit(work.commit(folder)).tree
    found = opened.lookup(tree, "deep")
    assert found is not None
    inner = Snapshot(opened, found.id)
    for path in folder:
        work.write({path: None})
    assert content_hash(inner, load(inner, catalog=catalog()).parsed) == digest(work, opened, BASE)


def test_a_file_that_cannot_be_read_counts_as_bytes(work: WorkTree, opened: Repository) -> None:
    first = digest(work, opened, {"a.dig": "a: ["})
    assert digest(work, opened, {"a.dig": "a: [ "}) != first


def test_the_archive_holds_the_project(work: WorkTree, opened: Repository) -> None:
    work.write({**BASE, "link": "-> run.sh", ".env": "secret", "digbot.yml": "projects: {}"})
    (work.folder / "run.sh").chmod(0o755)
    snapshot = Snapshot(opened, opened.commit(work.commit()).tree)
    data = archive(snapshot)
    assert archive(snapshot) == data
    found = {entry.path: (entry.mode, entry.link or entry.data) for entry in read(data)}
    assert found == {
        "a.dig": (0o644, BASE["a.dig"].encode()),
        "b.dig": (0o644, BASE["b.dig"].encode()),
        "link": (0o777, "run.sh"),
        "parts/t.yml": (0o644, b"echo>: hi\n"),
        "parts/unused.yml": (0o644, b"a: 1\n"),
        "run.sh": (0o755, b"echo hi\n"),
    }
