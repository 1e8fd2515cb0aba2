from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bot.cli.base import CommandFailed, WrongUsage
from bot.cli.params import from_options, gather


class TestOptions:
    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (["a=1"], {"a": "1"}),
            (["a="], {"a": ""}),
            (["a=x=y"], {"a": "x=y"}),
            (["mysql.user=me", "mysql.host=h"], {"mysql": {"user": "me", "host": "h"}}),
            (["a=1,2"], {"a": "1,2"}),
            (["a=1,b=2"], {"a": "1", "b": "2"}),
            (["a=1", "a=2"], {"a": "2"}),
        ],
    )
    def test_forms(self, texts, expected):
        assert from_options(texts) == expected

    @pytest.mark.parametrize("text", ["x", ",a=1", ""])
    def test_without_a_value(self, text):
        with pytest.raises(WrongUsage, match=f"form a=b but got:{text}"):
            from_options([text])

    def test_a_text_is_no_map(self):
        with pytest.raises(WrongUsage, match=r"'a\.b' is set but 'a' is not a object \(1\)"):
            from_options(["a=1", "a.b=2"])


def options(params: list[str], file: Path | None = None) -> argparse.Namespace:
    return argparse.Namespace(param=params, params_file=str(file) if file else None)


class TestSources:
    def test_later_wins(self, tmp_path):
        (tmp_path / "more.yml").write_text("m: 1")
        file = tmp_path / "params.yml"
        file.write_text("a: {x: 2, y: 2}\nb: 2\nmore:\n  !include : more.yml\n")
        settings = {"params.a.x": "1", "params.a.w": "1", "other": "1"}

        assert gather(options(["b=3"], file), settings) == {
            "a": {"x": 2, "w": "1", "y": 2},
            "b": "3",
            "more": {"m": 1},
        }

    def test_json_is_fine(self, tmp_path):
        file = tmp_path / "params.json"
        file.write_text('{"a": [1, null]}')

        assert gather(options([], file), {}) == {"a": [1, None]}

    @pytest.mark.parametrize(
        ("text", "said"),
        [("a: [", "params.yml:"), ("[1]", "mapping is expected"), (None, "Cannot read")],
    )
    def test_a_file_that_cannot_be_used(self, tmp_path, text, said):
        file = tmp_path / "params.yml"
        if text is not None:
            file.write_text(text)

        with pytest.raises(CommandFailed, match=said):
            gather(options([], file), {})
