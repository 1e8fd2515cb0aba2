from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from bot.cli.main import ABOVE, ALIASES, COMMANDS, GARBAGE_THRESHOLD, main

HEAVY = {
    "alembic", "cryptography", "docker", "dulwich", "flask", "importlib.metadata", "jsonschema",
    "pygit2", "quickjs", "sqlalchemy", "waitress",
}  # fmt: skip


def imported_by(*words: str) -> set[str]:
    """The modules that a command of a fresh process imports."""
    program = (
        "import sys\nfrom bot.cli.main import main\n"
        f"code = main({list(words)!r})\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return set(done.stderr.splitlines())


def test_output_that_cannot_be_encoded_is_escaped():
    program = "from bot.cli.main import main; main(['version']); print('\\u00e9 \\ud800')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == [rb"\xe9 \ud800"]


class TestHelp:
    @pytest.mark.parametrize("word", ["--help", "-h", "-help", "help"])
    def test_lists_every_command(self, digbot, word):
        out = digbot(word).ok()

        for name in (*COMMANDS, *ABOVE):
            assert f"  {name} " in out

    def test_costs_next_to_nothing(self):
        modules = imported_by("--help")

        assert not modules & {*HEAVY, "argparse", "typing", "dataclasses", "engine"}

    def test_without_words_it_is_a_mistake(self, digbot):
        ran = digbot()

        assert (ran.code, ran.out) == (2, "")
        assert "usage: digbot" in ran.err

    @pytest.mark.parametrize("name", sorted({*COMMANDS, *ABOVE}))
    def test_of_each_command(self, digbot, name):
        out = digbot(name, "--help").ok()

        assert out.startswith(f"usage: digbot {name}")
        assert "--config" in out


class TestVersion:
    @pytest.mark.parametrize("words", [["--version"], ["start", "--version", "x"]])
    def test_anywhere(self, digbot, words):
        assert digbot(*words).ok() == version("digbot") + "\n"


class TestCommands:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_are_what_the_dictionary_says(self, name):
        assert importlib.import_module(COMMANDS[name][0]).command.about

    def test_aliases_name_commands(self):
        assert set(ALIASES.values()) <= set(COMMANDS)

    def test_of_other_packages_are_entry_points(self):
        assert set(ABOVE) <= {point.name for point in entry_points(group="digbot.commands")}

    def test_an_unknown_word(self, digbot):
        ran = digbot("strat", "x")

        assert ran.code == 2
        assert ran.err.startswith("unknown command: strat (did you mean 'start'?)")

    def test_an_unknown_option_before_the_command(self, digbot):
        ran = digbot("--hlep")

        assert ran.code == 2
        assert "unknown option: --hlep" in ran.err

    def test_the_configuration_may_stand_before_the_command(self, digbot, tmp_path):
        ran = digbot("-c", str(tmp_path / "absent"), "projects")

        assert ran.code == 1
        assert "Cannot read the configuration" in ran.err

    def test_an_interrupt(self, digbot, monkeypatch):
        def interrupt(*_: object) -> int:
            raise KeyboardInterrupt

        monkeypatch.setattr("bot.cli.main._dispatch", interrupt)

        assert main(["projects"]) == 130


class TestImports:
    def test_check_and_run_are_light(self, tmp_path):
        (tmp_path / "main.dig").write_text("+a:\n  echo>: hello\n")
        for command in ("check", "run"):
            modules = imported_by(command, "--project", str(tmp_path), "main")

            assert "engine.dig.project" in modules
            assert not modules & HEAVY

    def test_client_commands_are_light(self):
        modules = imported_by("projects", "-e", "http://127.0.0.1:9")

        assert "bot.client.api" in modules
        assert not modules & {*HEAVY, "engine.dig.project", "yaml"}


def test_the_search_for_garbage_is_ours_only_in_a_process_of_our_own(monkeypatch):
    found = []
    monkeypatch.setattr(gc, "set_threshold", found.append)
    monkeypatch.setattr(gc, "freeze", lambda: found.append("frozen"))
    main(["--help"])
    assert found == []
    monkeypatch.setattr(sys, "argv", ["digbot", "--help"])
    main()
    assert found == [GARBAGE_THRESHOLD, "frozen"]
