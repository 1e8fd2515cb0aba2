import threading
from datetime import timedelta

import pytest

from engine.errors import AttemptExists, NotFound
from engine.states import AttemptStatus
from engine.store import projects, running, sessions
from engine.store.sessions import AttemptRow
from tests.support.store import NOW, TODAY, Shop, finish


def ids(rows: list[AttemptRow]) -> list[int]:
    return [row.attempt.id for row in rows]


# Starting


def test_a_session_is_one_per_workflow_and_time_in_whole_seconds(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        one = shop.session(tx)
        time = TODAY + timedelta(microseconds=999_999)
        again = sessions.get_or_create_session(tx, shop.project.id, "etl", time)
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
        going, good, bad, killed = (shop.start(tx, day=day) for day in range(4))
        finish(tx, good)
        finish(tx, bad, success=False)
        running.request_cancel(tx, killed.id)
        finish(tx, killed, success=False)
        found = [sessions.attempt(tx, attempt.id).status for attempt in (going, good, bad, killed)]
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
