"""Objects in quarantine: complete, within limits, and gone when the push is not accepted."""

import io
import random
import struct
import zlib
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.git.errors import BadPack
from bot.git.incoming import Incoming, PushLimits, clean, measure
from bot.git.tree import Repository
from tests.support.git import WorkTree, git

LIMITS = PushLimits(object=1000, unpacked=3000)
BLOB, OFFSET_DELTA, REF_DELTA = 3, 6, 7


def header(kind: int, size: int) -> bytes:
    first = kind << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(first | 128)
        first, size = size & 127, size >> 7
    return bytes([*out, first])


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def pack(*objects: bytes) -> bytes:
    body = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return body + sha1(body, usedforsecurity=False).digest()


def blob(data: bytes, size: int | None = None) -> bytes:
    return header(BLOB, len(data) if size is None else size) + zlib.compress(data)


def measured(data: bytes) -> None:
    measure(io.BytesIO(data), LIMITS)


def test_what_git_packs_is_taken(work: WorkTree) -> None:
    noise = random.Random(1)
    work.commit({f"f{i}": noise.randbytes(i * 9) for i in range(100)})
    work.commit({f"f{i}": noise.randbytes(i * 9) + b"more" for i in range(0, 100, 3)})
    work.git("repack", "-qadf", "--window=50")
    (found,) = (work.folder / ".git/objects/pack").glob("*.pack")
    with found.open("rb") as file:
        measure(file, PushLimits())
    with found.open("rb") as file, pytest.raises(BadPack, match="an object has"):
        measure(file, PushLimits(object=100))


@given(sizes=st.lists(st.integers(0, 900), max_size=3))
@settings(deadline=None)
def test_objects_within_the_limits_are_taken(sizes: list[int]) -> None:
    measured(pack(*(blob(bytes(size)) for size in sizes)))


def test_an_object_that_is_too_large() -> None:
    with pytest.raises(BadPack, match="an object has 0 MiB, at most 0 are allowed"):
        measured(pack(blob(bytes(1001))))


def test_too_much_together() -> None:
    with pytest.raises(BadPack, match="unpacks to more than"):
        measured(pack(*[blob(bytes(900))] * 4))


def test_a_bomb_that_says_it_is_small() -> None:
    bomb = blob(bytes(100_000_000), size=10)
    assert len(bomb) < 100_000
    with pytest.raises(BadPack, match="larger than its header says"):
        measured(pack(bomb))


@pytest.mark.parametrize("base", [b"\x05", b"\x81\x05"])
def test_a_delta_that_makes_much_of_little(base: bytes) -> None:
    delta = varint(900) + varint(50_000) + b"\x01a"
    small = header(OFFSET_DELTA, len(delta)) + base + zlib.compress(delta)
    with pytest.raises(BadPack, match="an object has"):
        measured(pack(blob(bytes(900)), small))


def test_a_delta_of_an_object_elsewhere() -> None:
    delta = varint(10) + varint(20) + b"\x01a"
    measured(pack(header(REF_DELTA, len(delta)) + bytes(20) + zlib.compress(delta)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cut off"),
        (b"not a pack at all", "no pack"),
        (pack(blob(b"hello"))[:-25], "cut off"),
        (pack(header(BLOB, 5) + b"rubbish" + bytes(30)), "damaged"),
        (pack(header(5, 1) + zlib.compress(b"x")), "unknown type 5"),
    ],
)
def test_what_is_no_pack(data: bytes, message: str) -> None:
    with pytest.raises(BadPack, match=message):
        measured(data)


def sent(incoming: Incoming, work: WorkTree, *names: str) -> list[str]:
    """Put objects of the work tree in quarantine, as a push does."""
    packs = incoming.objects / "pack" / "pack"
    found = git(
        work.folder,
        "pack-objects",
        "-q",
        str(packs),
        stdin="".join(f"{n}\n" for n in names).encode(),
    )
    assert len(found.strip()) == 40
    incoming.reopen()
    return list(names)


def everything(work: WorkTree, commit: str) -> list[str]:
    listed = work.git("rev-list", "--objects", "--no-object-names", commit)
    return listed.split()


def test_accepted_objects_are_moved(tmp_path: Path, work: WorkTree) -> None:
    commit = work.commit({"a": "1"})
    target = Repository.create(tmp_path / "new.git")
    with Incoming(tmp_path / "in", target.path) as incoming:
        incoming.check(sent(incoming, work, *everything(work, commit)))
        assert incoming.repository.has(commit)
        assert not target.has(commit)
        incoming.promote(target.path)
    assert Repository(target.path).commit(commit).id == commit
    assert "dangling" in git(target.path, "fsck", "--full")
    assert list((tmp_path / "in").iterdir()) == []


def test_refused_objects_leave_nothing(tmp_path: Path, work: WorkTree) -> None:
    commit = work.commit({"a": "1"})
    with pytest.raises(BadPack), Incoming(tmp_path / "in", None) as incoming:
        incoming.check(sent(incoming, work, commit))
    assert list((tmp_path / "in").iterdir()) == []


def test_a_missing_object_is_named(tmp_path: Path, work: WorkTree) -> None:
    commit = work.commit({"a": "1"})
    tree, blob_id = everything(work, commit)[1:]
    with Incoming(tmp_path / "in", None) as incoming:
        ids = sent(incoming, work, commit, tree)
        expected = f"object {blob_id[:12]}, which tree {tree[:12]} needs, was not sent"
        with pytest.raises(BadPack, match=expected):
            incoming.check(ids)


def test_history_that_is_cut_off(tmp_path: Path, work: WorkTree) -> None:
    first = work.commit({"a": "1"})
    second = work.commit({"a": "2"})
    new = set(everything(work, second)) - set(everything(work, first))
    with (
        pytest.raises(BadPack, match="git fetch --unshallow"),
        Incoming(tmp_path / "in", None) as incoming,
    ):
        incoming.check(sent(incoming, work, *new))


def test_nothing_sent_is_nothing_moved(tmp_path: Path) -> None:
    target = Repository.create(tmp_path / "new.git")
    with Incoming(tmp_path / "in", target.path) as incoming:
        incoming.check([])
        incoming.promote(target.path)
    assert list((target.path / "objects/pack").iterdir()) == []


def test_what_a_killed_server_left_is_cleaned_up(tmp_path: Path) -> None:
    Incoming(tmp_path / "in", None)
    assert list((tmp_path / "in").iterdir()) != []
    clean(tmp_path / "in")
    clean(tmp_path / "in")
    assert not (tmp_path / "in").exists()
