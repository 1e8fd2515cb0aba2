import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import EngineError, NotFound
from engine.files.local import LocalFiles


def test_what_was_put_is_found_by_its_sha256(tmp_path):
    files = LocalFiles(tmp_path / "files")
    key = files.put(b"content")
    assert key == hashlib.sha256(b"content").hexdigest()
    assert files.get(key) == b"content"
    assert LocalFiles(tmp_path / "files").get(key) == b"content"


def test_equal_content_is_kept_once(tmp_path):
    files = LocalFiles(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(files.put, [b"x" * 100_000] * 40))
    assert len(keys) == 1
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


@pytest.mark.parametrize("key", ["0" * 64, "../../etc/passwd", ""])
def test_an_unknown_key_is_not_found(tmp_path, key):
    with pytest.raises(NotFound):
        LocalFiles(tmp_path).get(key)


def test_damaged_content_is_never_given_out(tmp_path):
    files = LocalFiles(tmp_path)
    key = files.put(b"content")
    files.path(key).write_bytes(b"other")
    with pytest.raises(EngineError, match="damaged"):
        files.get(key)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        LocalFiles(tmp_path).put(b"content")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
