"""Which project and workflow a word of the command line means, for run and check (cli.md §5, §9)."""

from __future__ import annotations

from pathlib import Path

from bot.cli.base import CommandFailed
from bot.cli.connect import near

DIG = ".dig"


def workflow_names(folder: Path) -> list[str]:
    """The workflows of a project: the `.dig` files directly in its folder, by name."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.is_file())
    return sorted(
        name.removesuffix(DIG) for name in names if name.endswith(DIG) and not name.startswith(".")
    )


def find(project: str | None, word: str | None) -> tuple[Path, str | None]:
    """(project's folder, workflow), the workflow None where the word names a folder or is absent.

    A word is a workflow of the project, its file, or a folder with workflows: then the workflow of
    the folder's own name is meant, if there is one. Raises `CommandFailed`.
    """
    folder = Path(project or ".")
    if not folder.is_dir():
        raise CommandFailed(f"Project directory '{folder}' does not exist.")
    if word is None:
        return folder, None
    name = word.removesuffix(DIG)
    known = workflow_names(folder)
    if name in known:
        return folder, name
    below = folder / word
    if below.is_dir() and workflow_names(below):
        own = below.resolve().name
        return below, own if own in workflow_names(below) and below != folder else None
    raise CommandFailed(_missing(project, name) + near(name, known))


def the_workflow(folder: Path, name: str | None) -> str:
    """The workflow to run: the named one, else the only one. Raises `CommandFailed`."""
    known = workflow_names(folder)
    if name is not None:
        return name
    if len(known) == 1:
        return known[0]
    if not known:
        raise CommandFailed(f"There is no workflow (a {DIG} file) in '{folder}'.")
    raise CommandFailed(f"'{folder}' has several workflows; name one: {', '.join(known)}")


def _missing(project: str | None, name: str) -> str:
    if project is not None:
        return f"Workflow '{name}' does not exist in project directory '{project}'."
    where = f"Workflow '{name}' does not exist in current directory. "
    folder = name.rpartition("/")[0]
    if folder:
        return (
            f'{where}You may need to type "cd {folder}" first, or set "--project {folder}" option.'
        )
    return f"{where}You may need to change directory first, or set --project option."
