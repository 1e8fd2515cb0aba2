from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import NotFound
from engine.model import Schedule
from engine.store import schedules
from engine.store.database import Database, Tx
from tests.support.store import NOW, Shop

HOUR = timedelta(hours=1)


def add(tx: Tx, shop: Shop, workflow: str, run: int = 0, **values: object) -> Schedule:
    return schedules.insert_schedule(
        tx,
        project_id=shop.project.id,
        workflow_name=workflow,
        definition_id=shop.etl.id,
        next_run_time=NOW + run * HOUR,
        next_schedule_time=NOW,
        now=NOW,
        **values,
    )


def test_a_schedule_is_read_as_it_was_made(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        made = add(tx, shop, "etl", disabled_at=NOW, disabled_reason="project")
        assert schedules.schedule(tx, made.id, lock=True) == made
        row = schedules.schedule_row(tx, made.id)
        assert (row.schedule, row.project_name, row.timezone) == (made, "shop", "Asia/Tokyo")


def test_all_but_its_identity_can_be_changed(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        made, other = add(tx, shop, "etl"), add(tx, shop, "report")
        changed = replace(
            made,
            definition_id=shop.report.id,
            next_run_time=NOW + HOUR,
            next_schedule_time=NOW + 2 * HOUR,
            last_session_time=NOW,
            skipped_until=NOW - HOUR,
            disabled_at=NOW,
            disabled_reason="project",
            updated_at=NOW + HOUR,
        )
        schedules.save(tx, changed, now=NOW + HOUR)
        schedules.save_all(tx, [], now=NOW)
        assert schedules.schedule(tx, made.id) == changed
        assert schedules.schedule(tx, other.id) == other


def test_what_is_due_comes_the_longest_overdue_first(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        assert schedules.next_due(tx) is None
        late, later, now = add(tx, shop, "a", -1), add(tx, shop, "b", -2), add(tx, shop, "c", 0)
        add(tx, shop, "future", 1)
        add(tx, shop, "off", -9, disabled_at=NOW)
        gone = add(tx, shop, "gone", -9)
        schedules.hide(tx, [gone.id], now=NOW)
        assert schedules.due(tx, NOW) == [later, late, now]
        assert schedules.due(tx, NOW, limit=1) == [later]
        assert schedules.due(tx, NOW - 3 * HOUR) == []
        assert schedules.next_due(tx) == NOW - 2 * HOUR


def test_a_hidden_schedule_is_kept_for_the_return_of_its_name(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        made = add(tx, shop, "etl")
        schedules.hide(tx, [made.id], now=NOW + HOUR)
        schedules.hide(tx, [made.id], now=NOW + 2 * HOUR)
        assert schedules.schedule_rows(tx) == []
        for lookup in (schedules.schedule, schedules.schedule_row):
            with pytest.raises(NotFound) as caught:
                lookup(tx, made.id)
            assert str(caught.value) == f"Resource does not exist: schedule id={made.id}"
        hidden = schedules.schedules_of(tx, shop.project.id)["etl"]
        assert (hidden.id, hidden.hidden_at) == (made.id, NOW + HOUR)
        schedules.save(tx, replace(hidden, hidden_at=None), now=NOW)
        assert schedules.schedule(tx, made.id).hidden_at is None


def test_schedules_are_listed_in_pages(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        made = [add(tx, shop, f"w{number}") for number in range(3)]

        def listed(**options: object) -> list[Schedule]:
            return [row.schedule for row in schedules.schedule_rows(tx, **options)]

        assert listed() == made
        assert listed(limit=2) == made[:2]
        assert listed(last_id=made[0].id) == made[1:]
        assert listed(project_id=shop.project.id, workflow_name="w1") == [made[1]]
        assert listed(project_id=9999) == []


@pytest.mark.postgres
def test_a_schedule_that_another_server_handles_is_left_out(postgres_url: str) -> None:
    shop = Shop.build(Database.open(postgres_url))
    with shop.database.transaction() as tx:
        add(tx, shop, "a")
    with shop.database.transaction() as one, shop.database.transaction() as other:
        assert len(schedules.due(one, NOW)) == 1
        assert schedules.due(other, NOW) == []
    shop.database.close()
