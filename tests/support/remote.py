"""A clone that pushes to a server's git remote, and pushes spelled out byte by byte."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.server import Ran, Server

NOTHING = "0" * 40  # the object name that stands for "no such ref"


class Clone:
    """A work tree whose `origin` is the repository `name` of a server."""

    def __init__(self, server: Server, folder: Path, name: str, branch: str = "main") -> None:
        self.server = server
        self.folder = folder
        self.name = name
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", branch)
        self.git("remote", "add", "origin", server.git_url(name))

    def git(self, *words: str) -> str:
        """The output of a git command that must succeed."""
        return self.server.git(*words, cwd=self.folder).ok().strip()

    def commit(self, files: Mapping[str, str | None], message: str = "A change") -> str:
        """Write files (None removes one) and commit all that changed; the commit's name."""
        for path, content in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink()
            else:
                target.write_text(content)
                target.chmod(0o755 if path.endswith(".sh") else 0o644)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def link(self, path: str, target: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(target, place)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def push(self, *words: str) -> Ran:
        """`git push origin …` as a user sees it."""
        return self.server.git("push", "origin", *(words or ("main",)), cwd=self.folder)

    def remote_refs(self) -> dict[str, str]:
        lines = self.git("ls-remote", "origin").splitlines()
        return {ref: name for name, ref in (line.split("\t") for line in lines)}

    def request(self, old: str, new: str, ref: str = "refs/heads/main") -> bytes:
        """The body of the request with which git moves a ref, pack included."""
        command = f"{old} {new} {ref}\0 report-status agent=tests".encode()
        wanted = new if old == NOTHING else f"{new}\n^{old}"
        pack = subprocess.run(
            ["git", "pack-objects", "--revs", "--stdout", "--quiet"],
            cwd=self.folder,
            input=wanted.encode() + b"\n",
            capture_output=True,
            check=True,
        )
        return b"%04x" % (len(command) + 4) + command + b"0000" + pack.stdout

    def send(self, body: bytes) -> Any:
        """Hand such a request to the server; its answer."""
        path = f"/git/{self.name}.git/git-receive-pack"
        kind = "application/x-git-receive-pack-request"
        return self.server.call("POST", path, body, content_type=kind)
