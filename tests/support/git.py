"""Real git: commits from a dictionary, with the settings of whoever runs the tests shut out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "LC_ALL": "C.UTF-8",
}

Files = Mapping[str, str | bytes | None]


class GitFailed(AssertionError):
    """git ended with an error; the message is what it printed."""


def git(
    folder: Path,
    *arguments: str,
    check: bool = True,
    stdin: bytes = b"",
    **environment: str,
) -> str:
    """Run git in a folder; what it printed, on both channels together."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**inherited, **ENVIRONMENT, "HOME": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        input=stdin,
        check=False,
        timeout=60,
    )
    output = done.stdout.decode("utf-8", "replace")
    if check and done.returncode:
        raise GitFailed(f"git {' '.join(arguments)} ended with {done.returncode}:\n{output}")
    return output


class WorkTree:
    """A person's clone: files are written, committed, pushed."""

    def __init__(self, folder: Path, *, branch: str = "main", init: bool = True) -> None:
        self.folder = folder
        self._seconds = 0
        if init:
            folder.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", branch)

    def git(self, *arguments: str, check: bool = True) -> str:
        return git(self.folder, *arguments, check=check)

    def write(self, files: Files) -> None:
        """Text or bytes by path; None deletes, `-> TARGET` is a symbolic link."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                self.git("rm", "-rfq", "--", name)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str) and content.startswith("-> "):
                path.unlink(missing_ok=True)
                path.symlink_to(content[3:])
            elif isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                path.write_bytes(content)

    def commit(self, files: Files | None = None, message: str = "Change") -> str:
        """Commit all of the work tree, a second after the last one; the id."""
        self.write(files or {})
        self.git("add", "-A")
        self._seconds += 1
        date = f"2026-01-05T00:{self._seconds // 60:02}:{self._seconds % 60:02}Z"
        git(
            self.folder,
            *("commit", "-q", "--allow-empty", "-m", message),
            GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_DATE=date,
        )
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()
