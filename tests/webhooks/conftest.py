"""The API of a server in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from tests.support.api import Api
from tests.support.web import parts


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A server whose loops stand still: what is started stays as it was started."""
    with parts(tmp_path / "data") as made:
        yield Api(made, Client(made.application))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Api]:
    """A server that runs what is started."""
    with parts(tmp_path / "data") as made:
        made.start()
        yield Api(made, Client(made.application))
        made.stop(0)
