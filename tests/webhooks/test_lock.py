from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.errors import AlreadyRunning
from webhooks.lock import FolderLock


def test_one_at_a_time(tmp_path):
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()

    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}.*--database"):
        second.acquire()

    first.release()
    second.acquire()
    second.release()


def test_it_ends_with_the_process(tmp_path):
    program = (
        "import os, sys, pathlib; from webhooks.lock import FolderLock; "
        "FolderLock(pathlib.Path(sys.argv[1])).acquire(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)

    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()
