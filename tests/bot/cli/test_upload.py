from __future__ import annotations

from pathlib import Path

from tests.support.cli import field


def test_an_archive(digbot, server, name):
    Path("main.dig").write_text("+a:\n  echo>: x\n")
    digbot("archive", "-o", "../out.tar.gz").ok()

    out = digbot("upload", "../out.tar.gz", name, "-r", "v1").ok()

    assert out.startswith("Uploaded:\n  id: ")
    assert (field(out, "name"), field(out, "revision")) == (name, "v1")


def test_mistakes(digbot, server, name):
    Path("text").write_text("no archive")

    assert digbot("upload", "absent", name).code == 1
    assert "Status code 400: " in digbot("upload", "text", name).err
    assert digbot("upload", "text", "").code == 2
    assert digbot("upload", "text", name, "-r", "").code == 2
