import os
import threading
import time
from collections import Counter
from dataclasses import replace

import pytest

from engine.command.blocking import blocking
from engine.executor.local import LocalExecutor
from engine.outcome import Failed, Succeeded, TaskResult
from engine.testing import TestProject
from tests.support.scripted import Scripted, raises, returns


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)


class Pool:
    """An executor over one project, with what it reported."""

    def __init__(self, folder, ending=None, **options):
        operator = ending if isinstance(ending, Scripted) else Scripted(ending)
        self.project = TestProject(folder, {"a.txt": "x"}, operators=[operator])
        self.executor = LocalExecutor(self.project.services, **options)
        self.reports = []
        self._lock = threading.Lock()
        self.executor.start(self.report)

    def report(self, run, outcome):
        with self._lock:
            self.reports.append((run.task_id, outcome))

    def submit(self, *tasks, attempt_id=1):
        runs = []
        for number, task in enumerate(tasks):
            run = self.project.task_run({"scripted>": "x"} if task is None else task)
            runs.append(replace(run, attempt_id=attempt_id, full_name=f"+main+t{number}"))
        self.executor.submit(runs)
        return [run.task_id for run in runs]

    def logs(self):
        return "".join(path.read_text() for path in self.project.logs.root.rglob("*.log"))

    def outcomes(self, ids):
        wait_for(lambda: {task_id for task_id, _ in self.reports} >= set(ids))
        assert max(Counter(task_id for task_id, _ in self.reports).values()) == 1
        found = dict(self.reports)
        return [found[task_id] for task_id in ids]


@pytest.fixture
def pool(tmp_path):
    made = []

    def make(ending=None, **options):
        made.append(Pool(tmp_path, ending or returns(TaskResult()), **options))
        return made[-1]

    yield make
    for each in made:
        each.executor.stop(0)


def test_every_run_is_reported_once(pool):
    each = pool()
    ids = each.submit(*[None] * 300)
    assert set(map(type, each.outcomes(ids))) == {Succeeded}


def test_runs_begin_in_order(pool):
    begun = []
    each = pool(lambda request, _: begun.append(request.task_id) or TaskResult(), threads=1)
    ids = each.submit(*[None] * 50)
    each.outcomes(ids)
    assert begun == ids


class Counting:
    """How many run at once."""

    def __init__(self, wait):
        self.now = self.most = 0
        self._wait = wait
        self._lock = threading.Lock()

    def __call__(self, _request, _context):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._wait()
        with self._lock:
            self.now -= 1
        return TaskResult()


def test_so_many_work_at_once_and_no_more(pool):
    counting = Counting(lambda: time.sleep(0.01))
    each = pool(counting, threads=3)
    each.outcomes(each.submit(*[None] * 30))
    assert counting.most == 3


def test_those_that_wait_outside_make_room_for_others(pool):
    together = threading.Barrier(20)

    def wait():
        with blocking():
            together.wait(10)

    each = pool(Counting(wait), threads=2)
    outcomes = each.outcomes(each.submit(*[None] * 20))
    assert set(map(type, outcomes)) == {Succeeded}


def test_commands_that_last_make_room_for_others(pool, tmp_path):
    each = pool(threads=1)
    script = f"mkfifo {tmp_path}/pipe 2>/dev/null; cat {tmp_path}/pipe"
    ids = each.submit({"sh>": script}, {"sh>": f"sleep 0.1; echo x > {tmp_path}/pipe"})
    assert set(map(type, each.outcomes(ids))) == {Succeeded}


def test_the_limit_of_tasks_holds_for_those_that_wait_too(pool):
    def wait():
        with blocking():
            time.sleep(0.01)

    counting = Counting(wait)
    each = pool(counting, threads=8, max_tasks=2)
    each.outcomes(each.submit(*[None] * 12))
    assert counting.most == 2


def test_threads_that_are_not_needed_go(pool):
    together = threading.Barrier(30)
    others = set(threading.enumerate())

    def wait():
        with blocking():
            together.wait(10)

    each = pool(Counting(wait), threads=2)
    each.outcomes(each.submit(*[None] * 30))
    wait_for(lambda: len(set(threading.enumerate()) - others) <= 2)


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), SystemExit(3), MemoryError()])
def test_whatever_an_operator_raises_is_a_failure(pool, error, caplog):
    each = pool(raises(error))
    (outcome,) = each.outcomes(each.submit(None))
    assert isinstance(outcome, Failed)
    assert outcome.error["message"]
    assert outcome.error["stacktrace"]
    assert "unexpected" in caplog.text


def test_a_report_that_fails_stops_nothing(pool, caplog):
    each = pool(threads=1)
    report = each.report

    def failing(run, outcome):
        report(run, outcome)
        raise ValueError("cannot report")

    each.executor.start(failing)
    each.outcomes(each.submit(None, None))
    assert "could not be reported" in caplog.text


def test_a_kill_ends_what_runs_and_what_waits(pool):
    each = pool(threads=1)
    running = each.submit({"sh>": "echo begun; sleep 60"}, attempt_id=1)
    wait_for(lambda: "\nbegun\n" in each.logs())
    waiting = each.submit(*[{"sh>": "sleep 60"}] * 2, attempt_id=1)
    begin = time.monotonic()
    each.executor.cancel(1)
    outcomes = each.outcomes(running + waiting)
    assert time.monotonic() - begin < 3
    assert set(map(type, outcomes)) == {Failed}
    assert outcomes[0].error["message"] == "Command failed with code 143 (runtime)"


def test_a_kill_reports_what_has_not_begun_at_once(pool):
    go = threading.Event()

    def ending(_request, _context):
        go.wait(10)
        return TaskResult()

    each = pool(ending, threads=1)
    (first,) = each.submit(None, attempt_id=1)
    wait_for(lambda: each.executor._active)
    waiting = each.submit(None, None, attempt_id=2)
    others = each.submit(None, attempt_id=3)
    each.executor.cancel(2)
    messages = [outcome.error["message"] for outcome in each.outcomes(waiting)]
    assert messages == [f"Got a cancel-requested: attempt_id=2, task_id={i}" for i in waiting]
    go.set()
    assert set(map(type, each.outcomes([first, *others]))) == {Succeeded}


def test_after_a_kill_the_attempt_may_run_commands_again(pool):
    each = pool()
    ids = each.submit({"sh>": "sleep 60"}, attempt_id=1)
    wait_for(lambda: each.project.services.commands._running)
    each.executor.cancel(1)
    each.outcomes(ids)
    again = each.submit({"sh>": "true"}, attempt_id=1)
    wait_for(lambda: not each.executor._active)
    assert isinstance(each.outcomes(again)[0], Succeeded | Failed)
    last = each.submit({"sh>": "true"}, attempt_id=1)
    assert isinstance(each.outcomes(last)[0], Succeeded)


def test_stopping_waits_for_what_ends_in_time(pool):
    each = pool(threads=1)
    ids = each.submit({"sh>": "sleep 0.2"}, None, None)
    wait_for(lambda: each.executor._active)
    assert each.executor.stop(5) == ids[1:]
    assert [task_id for task_id, _ in each.reports] == ids[:1]


def test_stopping_hands_back_what_does_not_and_ends_its_commands(pool):
    each = pool()
    ids = each.submit({"sh>": "sleep 60"}, {"sh>": "sleep 60"})
    wait_for(lambda: len(each.project.services.commands._running.get(1, ())) == 2)
    begin = time.monotonic()
    assert sorted(each.executor.stop(0.1)) == ids
    assert time.monotonic() - begin < 3
    assert each.reports == []
    assert not each.project.services.commands._running


def test_all_commands_can_be_ended_at_once(pool):
    each = pool()
    ids = each.submit({"sh>": "trap '' TERM; sleep 60; :"})
    wait_for(lambda: each.project.services.commands._running)
    each.executor.kill_all()
    assert each.outcomes(ids)[0].error["message"] == "Command failed with code 137 (runtime)"


def test_a_stopped_executor_takes_nothing(pool):
    each = pool()
    assert each.executor.stop(0) == []
    each.submit(None)
    time.sleep(0.05)
    assert each.reports == []


def test_an_idle_executor_has_no_threads_before_its_first_run(pool):
    before = set(threading.enumerate())
    pool()
    assert not set(threading.enumerate()) - before


def test_as_many_threads_as_processors_ask_for(tmp_path):
    services = TestProject(tmp_path).services
    assert LocalExecutor(services)._base == max(4, 2 * os.cpu_count())
