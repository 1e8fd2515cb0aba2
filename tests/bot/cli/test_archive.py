from __future__ import annotations

import tarfile
from pathlib import Path


def test_writes_a_file(digbot):
    Path("main.dig").write_text("+a:\n  echo>: x\n")

    out = digbot("archive", "-o", "../out.tar.gz").ok()

    assert out.startswith("Creating ../out.tar.gz...\n  Archiving main.dig\n")
    assert "Created ../out.tar.gz." in out
    with tarfile.open("../out.tar.gz") as tar:
        assert tar.getnames() == ["main.dig"]


def test_its_name(digbot):
    digbot("archive").ok()

    assert Path("digdag.archive.tar.gz").is_file()
