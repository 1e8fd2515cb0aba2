"""Messages of the git side: a sentence by default, or what was found."""

import pytest

from bot.git.errors import Conflicts, FetchFailed, GitError, UnsupportedFormat


def test_the_docstring_is_the_default_message() -> None:
    assert str(FetchFailed()) == "The remote could not be fetched."
    assert str(UnsupportedFormat()) == (
        "The repository uses SHA-256 object names; digbot reads SHA-1 repositories only."
    )
    assert str(FetchFailed("no route")) == "no route"


@pytest.mark.parametrize(
    ("paths", "message"),
    [([], "conflict"), (["a"], "conflict in a"), (list("abcd"), "conflict in a, b, c")],
)
def test_conflicts_name_some_files(paths: list[str], message: str) -> None:
    error = Conflicts(paths)
    assert isinstance(error, GitError)
    assert (str(error), error.paths) == (message, paths)
