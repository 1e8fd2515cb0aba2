"""A whole server within the test's own process, and projects to upload to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from webhooks.listen import WebServer, bind
from webhooks.parts import Parts, assemble
from webhooks.settings import read

HELLO = {"main.dig": "+a:\n  echo>: hello\n"}


@contextmanager
def parts(folder: Path, config: Mapping[str, str] | None = None) -> Iterator[Parts]:
    """Everything put together; neither loops nor web server run."""
    settings = dict(config or {})
    made = assemble(folder, f"sqlite:///{folder}/digbot.db", settings, read(settings), params={})
    try:
        yield made
    finally:
        made.close()


@contextmanager
def serving(folder: Path, config: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that runs everything."""
    with parts(folder, config) as made:
        bound = bind("127.0.0.1", 0)
        web = WebServer(made.application, bound, max_body=made.max_body, threads=8)
        made.start()
        web.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            web.close_door()
            made.stop(0)
            web.stop()
