"""The key of the secrets, made at the first start."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

from engine import keyfile


def test_a_new_key_is_for_its_owner_alone(tmp_path):
    key = keyfile.read_or_make(tmp_path / "secret.key")

    assert len(base64.b64decode(key)) == 16
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_the_key_stays_the_same(tmp_path):
    first = keyfile.read_or_make(tmp_path / "secret.key")

    assert keyfile.read_or_make(tmp_path / "secret.key") == first
    assert keyfile.read_or_make(tmp_path / "other.key") != first


def test_a_key_that_was_put_there_is_taken(tmp_path):
    (tmp_path / "secret.key").write_text("mine")

    assert keyfile.read_or_make(tmp_path / "secret.key") == "mine"


def test_starts_at_once_agree(tmp_path, monkeypatch):
    numbers = iter(range(100))
    monkeypatch.setattr(keyfile.os, "getpid", lambda: next(numbers))
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: keyfile.read_or_make(tmp_path / "secret.key"), range(16)))

    assert len(keys) == 1
