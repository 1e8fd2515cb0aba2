import threading
from datetime import timedelta

import pytest

from engine.errors import AttemptExists, NotFound
from engine.model import Attempt, AttemptEnd, Step
from engine.states import AttemptStatus
from engine.store import projects, sessions, tasks
from engine.store.database import Tx
from engine.store.sessions import AttemptRow
from tests.support.store import NOW, TODAY, Shop


def finish(tx: Tx, attempt: Attempt, *, success: bool = True) -> None:
    end = AttemptEnd(attempt.id, success, NOW)
    tasks.apply(tx, [Step(attempt.id, end=end)], server_id=1, now=NOW, lease_until=NOW)


def ids(rows: list[AttemptRow]) -> list[int]:
    return [row.attempt.id for row in rows]


# Starting


def test_a_session_is_one_per_workflow_and_time_in_whole_seconds(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        one = shop.session(tx)
        time = TODAY + timedelta(microseconds=999_999)
        again = sessions.get_or_create_session(tx, shop.project.id, "etl", time, now=NOW)
        other = shop.session(tx, day=1)
        assert again == one
        assert one.session_time == TODAY
        assert (other.id, other.uuid) != (one.id, one.uuid)
        assert sessions.session(tx, one.id) == one


def test_an_attempt_is_read_as_it_was_made(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        made = shop.start(
            tx,
            params={"b": 1, "a": {"c": None}},
            retry_attempt_name="again",
            triggered_by=77,
            resumed_from=66,
            resume={"mode": "failed"},
        )
        assert sessions.attempt(tx, made.id) == made
        assert sessions.attempt_row(tx, made.id) == AttemptRow(made, "shop")
        assert list(made.params) == ["b", "a"]
        assert (made.index, made.status) == (1, AttemptStatus.RUNNING)
        assert made.revision_id == shop.revision.id
        assert sessions.resume_of(tx, made.id) == {"mode": "failed"}
        assert sessions.session(tx, made.session_id).last_attempt_id == made.id


def test_an_attempt_name_is_taken_once_per_session(shop: Shop) -> None:
    """engine.md §2, E-01 to E-03."""
    with shop.database.transaction() as tx:
        first = shop.start(tx)
        with pytest.raises(AttemptExists) as unnamed:
            shop.start(tx)
        named = shop.start(tx, retry_attempt_name="r1")
        third = shop.start(tx, retry_attempt_name="r2")
        with pytest.raises(AttemptExists) as taken:
            shop.start(tx, retry_attempt_name="r1")
        with pytest.raises(AttemptExists) as last:
            shop.start(tx)
        assert [first.index, named.index, third.index] == [1, 2, 3]
        assert unnamed.value.attempt_id == first.id
        assert taken.value.attempt_id == named.id
        assert last.value.attempt_id == third.id
        assert shop.start(tx, day=1).index == 1


def test_an_unnamed_attempt_may_follow_named_ones(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        shop.start(tx, retry_attempt_name="backfill")
        assert shop.start(tx).index == 2


def test_starts_of_one_session_at_once_make_one_attempt(shop: Shop) -> None:
    made: list[int] = []
    refused: list[int] = []
    ready = threading.Barrier(4)

    def start() -> None:
        ready.wait()
        try:
            with shop.database.transaction() as tx:
                made.append(shop.start(tx).id)
        except AttemptExists as error:
            refused.append(error.attempt_id)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert refused == made * 3


def test_what_is_missing_is_said_in_the_words_of_the_api(shop: Shop) -> None:
    with shop.database.read() as tx:
        for call, message in [
            (lambda: sessions.session(tx, 1), "session id=1"),
            (lambda: sessions.session_row(tx, 1), "session id=1"),
            (lambda: sessions.attempt(tx, 1), "session attempt id=1"),
            (lambda: sessions.attempt_row(tx, 1), "session attempt id=1"),
        ]:
            with pytest.raises(NotFound) as caught:
                call()
            assert str(caught.value) == f"Resource does not exist: {message}"


# Lists


def test_sessions_are_listed_with_their_last_attempt(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        shop.start(tx)
        retried = shop.start(tx, retry_attempt_name="r")
        report = shop.start(tx, workflow="report")
        tomorrow = shop.start(tx, day=1)
        rows = sessions.sessions(tx)
        assert [row.last_attempt for row in rows] == [tomorrow, report, retried]
        assert {row.project_name for row in rows} == {"shop"}
        assert rows[2] == sessions.session_row(tx, retried.session_id)

        def listed(**options: object) -> list[int]:
            return [row.session.id for row in sessions.sessions(tx, **options)]

        assert listed(workflow_name="report", project_id=shop.project.id) == [report.session_id]
        assert listed(last_id=report.session_id) == [retried.session_id]
        assert listed(limit=1) == [tomorrow.session_id]
        assert listed(limit=0) == []
        assert listed(project_id=9999) == []


def test_attempts_are_listed_newest_first_and_once_per_session(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        first = shop.start(tx)
        retried = shop.start(tx, retry_attempt_name="r")
        report = shop.start(tx, workflow="report")
        every = {"include_retried": True}
        assert ids(sessions.attempts(tx)) == [report.id, retried.id]
        assert ids(sessions.attempts(tx, **every)) == [report.id, retried.id, first.id]
        assert ids(sessions.attempts(tx, last_id=report.id)) == [retried.id]
        assert ids(sessions.attempts(tx, limit=1)) == [report.id]
        assert ids(sessions.attempts(tx, session_id=first.session_id, **every)) == [
            retried.id,
            first.id,
        ]
        by_name = sessions.attempts(tx, project_id=shop.project.id, workflow_name="etl")
        assert ids(by_name) == [retried.id]
        assert ids(sessions.attempts_of_session(tx, first.session_id)) == [first.id, retried.id]
        assert list(sessions.attempt_rows(tx, [report.id, first.id, 9999])) == [
            first.id,
            report.id,
        ]


def test_the_status_is_that_of_the_flags(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        running, good, bad, killed = (shop.start(tx, day=day) for day in range(4))
        finish(tx, good)
        finish(tx, bad, success=False)
        sessions.request_cancel(tx, killed.id)
        finish(tx, killed, success=False)
        found = [
            sessions.attempt(tx, attempt.id).status for attempt in (running, good, bad, killed)
        ]
        assert found == list(AttemptStatus)


def test_sessions_outlive_their_project(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        projects.delete_project(tx, shop.project.id, now=NOW)
        assert sessions.attempt_row(tx, attempt.id).project_name == "shop"
        assert len(sessions.sessions(tx)) == 1


def test_an_attempt_knows_its_revision_and_deployment(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        deployed = shop.start(tx)
        bare = shop.start(tx, day=1, deployment_id=None)
        found = sessions.origins(tx, [deployed.id, bare.id])
        assert found[deployed.id].revision == shop.revision
        assert found[deployed.id].deployment == shop.deployment
        assert found[bare.id].deployment is None


# Running


def test_a_finished_attempt_is_not_running(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        first, second = shop.start(tx), shop.start(tx, day=1, server_id=2)
        assert sessions.count_running(tx) == 2
        assert sessions.unfinished(tx) == [first.id, second.id]
        assert sessions.unfinished(tx, server_id=2) == [second.id]
        finish(tx, first)
        assert sessions.count_running(tx) == 1
        assert sessions.unfinished(tx) == [second.id]
        ended = sessions.attempt(tx, first.id)
        assert (ended.done, ended.success, ended.finished_at) == (True, True, NOW)


def test_a_server_takes_over_attempts(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        first, second = shop.start(tx), shop.start(tx, day=1)
        sessions.adopt(tx, [second.id], 9)
        assert sessions.unfinished(tx, server_id=9) == [second.id]
        assert sessions.unfinished(tx, server_id=1) == [first.id]


def test_a_kill_is_noted_until_the_attempt_ends(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        assert sessions.request_cancel(tx, attempt.id)
        assert sessions.request_cancel(tx, attempt.id)
        assert sessions.attempt(tx, attempt.id).cancel_requested
        finish(tx, attempt, success=False)
        assert sessions.attempt(tx, attempt.id).status is AttemptStatus.KILLED
        assert not sessions.request_cancel(tx, attempt.id)
        assert not sessions.request_cancel(tx, 9999)


def test_only_the_newest_attempt_that_is_not_killed_is_active(shop: Shop) -> None:
    """schedules.md §10.2."""

    def active(workflow: str = "etl") -> bool:
        return sessions.has_active(tx, shop.project.id, workflow)

    with shop.database.transaction() as tx:
        assert not active()
        shop.start(tx)
        assert active()
        assert not active("report")
        newest = shop.start(tx, retry_attempt_name="r")
        finish(tx, newest)
        assert not active()
        killed = shop.start(tx, day=1)
        assert active()
        sessions.request_cancel(tx, killed.id)
        assert not active()


# Chains


def test_a_chain_is_found_from_any_of_its_attempts(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        top = shop.start(tx)
        left = shop.start(tx, day=1, triggered_by=top.id)
        right = shop.start(tx, day=2, triggered_by=top.id)
        leaf = shop.start(tx, day=3, triggered_by=right.id)
        alone = shop.start(tx, day=4)
        whole = [top.id, left.id, right.id, leaf.id]
        for member in whole:
            assert ids(sessions.chain(tx, member)) == whole
        assert ids(sessions.chain(tx, alone.id)) == [alone.id]
        assert sessions.chain(tx, 9999) == []
        assert ids(sessions.triggered_by(tx, [top.id])) == [left.id, right.id]
        assert ids(sessions.triggered_by(tx, [leaf.id])) == []
