from __future__ import annotations

from pathlib import Path

from tests.support.cli import field


def test_blocks_and_their_number(digbot, attempt):
    out = digbot("tasks", attempt).ok()

    assert out.startswith("   id: ")
    assert out.endswith("2 entries.\n")
    assert "   name: +main+a\n   state: success\n" in out
    assert '   config: {"echo>":"hello"}\n' in out


def test_errors(digbot, server, name):
    Path("main.dig").write_text("+a:\n  fail>: no more\n")
    digbot("push", name).ok()
    started = digbot("start", name, "main", "--session", "now", "--wait").out

    assert "   error: no more" in digbot("task", field(started, "attempt id")).ok()
