from __future__ import annotations

import pytest

from bot.cli.base import Parser, WrongUsage
from bot.cli.paging import add_paging, page


def test_what_is_asked_for():
    parser = Parser("x", "")
    add_paging(parser)

    assert page(parser.parse([])) == {"last_id": None, "page_size": None}
    assert page(parser.parse(["-i", "5", "-s", "7"])) == {"last_id": 5, "page_size": 7}
    with pytest.raises(WrongUsage):
        parser.parse(["-s", "many"])
