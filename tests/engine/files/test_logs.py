import gzip
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import pytest

from engine.errors import ConfigError, NotFound
from engine.files.logs import LogStore, LogWriteError
from tests.support.runs import task_run


@dataclass(frozen=True)
class Which:
    """The part of an attempt that says where its logs are."""

    created_at: datetime = datetime(2024, 3, 1, 23, 30, tzinfo=UTC)
    project_id: int = 1
    workflow_name: str = "main"
    session_time: datetime = datetime(2024, 2, 29, 15, tzinfo=UTC)
    timezone: str = "Asia/Tokyo"
    retry_attempt_name: str | None = None


def run_of(full_name="+main+a", which=Which()):
    place = asdict(which)
    return task_run(full_name=full_name, attempt_created_at=place.pop("created_at"), **place)


@pytest.fixture
def store(tmp_path):
    return LogStore(tmp_path / "logs", agent="7@host")


def put(store, text, full_name="+main+a", which=Which()):
    log = store.open(run_of(full_name, which))
    log.write(text)
    log.close()


def read(store, which=Which(), prefix=""):
    return [
        (file.task_name, gzip.decompress(store.read(which, file.name)).decode())
        for file in store.list(which, prefix)
    ]


def test_a_log_is_read_back_while_it_grows_and_after(store):
    log = store.open(run_of())
    log.write("one\n")
    assert read(store) == [("+main+a", "one\n")]
    log.write("two\n")
    (growing,) = store.list(Which())
    log.close()
    (done,) = store.list(Which())
    assert growing.name == done.name
    assert read(store) == [("+main+a", "one\ntwo\n")]


def test_folder_and_file_names_are_digdags(store):
    put(store, "x", which=Which(retry_attempt_name="again"))
    (path,) = (path for path in store.root.rglob("*") if path.is_file())
    folder, name = os.path.split(path.relative_to(store.root))
    assert folder == "2024-03-01/0.1.main@20240301T000000+0900_again"
    assert re.fullmatch(r"\+main\+a@[0-9a-f]{16}\.7@host\.log", name)


def test_what_a_list_says(store):
    before = datetime.now(UTC)
    put(store, "x")
    (file,) = store.list(Which())
    assert (file.task_name, file.agent) == ("+main+a", "7@host")
    assert before <= file.time <= datetime.now(UTC)
    assert file.size == len(store.read(Which(), file.name))


def test_a_large_log_is_compressed_at_its_end(store):
    text = "all work and no play\n" * 10_000
    put(store, text)
    (path,) = (path for path in store.root.rglob("*") if path.is_file())
    assert path.suffix == ".gz"
    assert path.stat().st_size < len(text) / 10
    (file,) = store.list(Which())
    assert file.size == path.stat().st_size
    assert read(store) == [("+main+a", text)]


def test_lists_take_a_prefix_of_names(store):
    for name in ("+main+ab", "+main+a", "+main+b", "+main+a"):
        put(store, name, name)
    assert [name for name, _ in read(store)] == ["+main+a", "+main+a", "+main+ab", "+main+b"]
    assert [name for name, _ in read(store, prefix="+main+a")] == ["+main+a"] * 2 + ["+main+ab"]
    (only,) = [file.name for file in store.list(Which(), "+main+b")]
    assert [file.name for file in store.list(Which(), only)] == [only]


@pytest.mark.parametrize("name", ["+main+日本 @/%", "+main" + "+task" * 60, "+main" + "+é" * 99])
def test_any_task_name_is_read_back(store, name):
    put(store, "text", name)
    assert read(store) == [(name, "text")]
    assert read(store, prefix=name[:40]) == [(name, "text")]


def test_attempts_do_not_see_each_other(store):
    others = [
        Which(project_id=12, workflow_name="x"),
        Which(workflow_name="2x"),
        Which(retry_attempt_name="r"),
        Which(session_time=datetime(2024, 2, 29, 16, tzinfo=UTC)),
    ]
    for number, which in enumerate(others):
        put(store, str(number), which=which)
    assert [read(store, which) for which in others] == [[("+main+a", str(n))] for n in range(4)]
    assert store.list(Which()) == []


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(store, name):
    with pytest.raises(ConfigError, match="Invalid file name"):
        store.read(Which(), name)


def test_a_missing_file_is_not_found(store):
    put(store, "x")
    (file,) = store.list(Which())
    for name in (file.name.replace("+a", "+b"), "digbot.log.gz"):
        with pytest.raises(NotFound):
            store.read(Which(), name)


def test_lines_of_the_engine_have_a_date_a_level_and_ids(store):
    log = store.open(run_of())
    log.info("echo>: hi")
    log.error("broken")
    log.close()
    ((_, text),) = read(store)
    first, second = text.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+0000 \[INFO\] \(\d{4}@\[0:etl:3:4\]\+main\+a\)"
        r" digbot: echo>: hi",
        first,
    )
    assert "[ERROR]" in second


def test_commands_append_to_the_descriptor(store):
    log = store.open(run_of())
    log.write("before\n")
    script = ["sh", "-c", "echo out; echo err >&2"]
    subprocess.run(script, check=True, stdout=log.fileno(), stderr=log.fileno())
    log.write("after\n")
    log.close()
    assert read(store) == [("+main+a", "before\nout\nerr\nafter\n")]


def test_a_full_disk_is_said_clearly(store):
    log = store.open(run_of())
    os.dup2(os.open("/dev/full", os.O_WRONLY), log.fileno())
    with pytest.raises(LogWriteError, match="cannot be written: No space left on device"):
        log.info("x")
    log.close()


def test_a_log_folder_that_cannot_be_made_is_said_clearly(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(LogWriteError, match="cannot be written"):
        LogStore(tmp_path / "logs").open(run_of())


def test_the_plain_file_stays_when_compressing_fails(store, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip, "open", full)
    put(store, "x" * 10_000)
    assert read(store) == [("+main+a", "x" * 10_000)]
