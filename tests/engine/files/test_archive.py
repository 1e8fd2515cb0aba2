import gzip
import io
import random
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError, LimitExceeded
from engine.files.archive import ArchiveFiles, Entry, Limits, pack, read

ENTRIES = [
    Entry("a.dig", 0o644, b"+a: {}\n"),
    Entry("bin/run", 0o755, b"#!/bin/sh\n"),
    Entry("bin/übung", 0o600, b""),
    Entry("latest", 0o777, link="bin/run"),
]


def archive(*members):
    """A tar.gz of (name, keywords of TarInfo, data)."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, attributes, data in members:
            header = tarfile.TarInfo(name)
            header.size = len(data)
            for key, value in attributes.items():
                setattr(header, key, value)
            tar.addfile(header, io.BytesIO(data))
    return gzip.compress(plain.getvalue())


def test_reading_gives_what_was_packed():
    assert read(pack(ENTRIES)) == sorted(ENTRIES, key=lambda entry: entry.path)


def test_order_does_not_change_the_bytes():
    shuffled = random.Random(1).sample(ENTRIES, len(ENTRIES))
    assert pack(shuffled) == pack(ENTRIES)


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(st.dictionaries(NAMES.filter(lambda name: name not in {".", ".."}), st.binary()))
def test_any_name_and_content_survives(files):
    entries = [Entry(name, data=data) for name, data in files.items()]
    assert {entry.path: entry.data for entry in read(pack(entries))} == files


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", ".."])
def test_a_path_that_leaves_the_project_is_refused(name):
    with pytest.raises(ConfigError, match="leads out of the project"):
        read(archive((name, {}, b"x")))


@pytest.mark.parametrize("link", ["../x", "/etc/passwd", "a/../../project/a.dig"])
def test_a_link_that_leaves_the_project_is_refused(link):
    with pytest.raises(ConfigError, match="leads out of the project"):
        read(archive(("out", {"type": tarfile.SYMTYPE, "linkname": link}, b"")))


def test_nothing_may_be_written_through_a_link():
    link = ("sub", {"type": tarfile.SYMTYPE, "linkname": "other"}, b"")
    with pytest.raises(ConfigError, match="sub/x lies below sub"):
        read(archive(link, ("sub/x", {}, b"x")))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.BLKTYPE])
def test_devices_are_refused(kind):
    with pytest.raises(ConfigError, match="no file, folder or link"):
        read(archive(("device", {"type": kind}, b"")))


def test_a_hard_link_is_a_second_file():
    data = archive(("a", {}, b"x"), ("b", {"type": tarfile.LNKTYPE, "linkname": "a"}, b""))
    assert [(entry.path, entry.data) for entry in read(data)] == [("a", b"x"), ("b", b"x")]
    with pytest.raises(ConfigError, match="linked to no file"):
        read(archive(("b", {"type": tarfile.LNKTYPE, "linkname": "a"}, b"")))


def test_folders_and_dots_in_names_do_not_matter():
    data = archive(("./", {"type": tarfile.DIRTYPE}, b""), ("./sub/../a.dig", {}, b"x"))
    assert [entry.path for entry in read(data)] == ["a.dig"]


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"no tar at all" * 100)],
    ids=["empty", "no gzip", "no tar"],
)
def test_what_is_no_archive_is_said_to_be_none(data):
    with pytest.raises(ConfigError, match="archive"):
        read(data)


def test_an_archive_that_was_cut_off_is_refused():
    whole = pack([Entry("a", data=random.Random(1).randbytes(10_000))])
    with pytest.raises(ConfigError, match="cut off"):
        read(whole[: len(whole) // 2])


LIMITS = Limits(file_size=1000, total_size=2000, entries=5)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([1001], r"Size of a file in the archive exceeds limit \(1001 > 1000 bytes\): f0"),
        ([900] * 3, r"Total size of the archive exceeds limit \(2700 > 2000 bytes\)"),
        ([1] * 6, "more than 5 files"),
    ],
)
def test_limits(sizes, message):
    data = archive(*((f"f{index}", {}, b"x" * size) for index, size in enumerate(sizes)))
    with pytest.raises(LimitExceeded, match=message):
        read(data, LIMITS)


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(LimitExceeded, match="Total size"):
        read(bomb, LIMITS)


def test_the_files_of_an_archive():
    files = ArchiveFiles(
        [
            Entry("a.dig", data=b"a"),
            Entry("sub/b.txt", data=b"b"),
            Entry("sub/up", link="../a.dig"),
            Entry("folder", link="sub"),
            Entry("gone", link="nowhere"),
            Entry("round", link="round"),
        ]
    )
    assert list(files.paths()) == ["a.dig", "sub/b.txt", "sub/up"]
    assert files.read("folder/b.txt") == b"b"
    assert files.read("folder/up") == b"a"
    for path in ("gone", "round", "missing", "sub"):
        with pytest.raises(FileNotFoundError):
            files.read(path)
