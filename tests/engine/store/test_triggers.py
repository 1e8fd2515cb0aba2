from datetime import timedelta

from engine.model import Trigger, TriggerFiring
from engine.store import triggers
from engine.store.database import Tx
from tests.support.store import NOW, Shop

LATER = NOW + timedelta(minutes=10)


def trigger(shop: Shop, workflow: str, upstream: str = "etl") -> Trigger:
    return Trigger(shop.project.id, workflow, "shop", upstream)


def fired(tx: Tx, shop: Shop, *workflows: str, day: int = 0) -> list[TriggerFiring]:
    attempt = shop.start(tx, day=day)
    dependents = [trigger(shop, workflow) for workflow in workflows]
    return triggers.fire(tx, attempt.id, dependents, now=NOW)


def test_a_deploy_replaces_the_triggers_of_its_project(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        old, kept, new = trigger(shop, "a"), trigger(shop, "b"), trigger(shop, "c", "report")
        triggers.replace_triggers(tx, shop.project.id, [old, kept])
        triggers.replace_triggers(tx, shop.project.id, [new, kept])
        assert triggers.all_triggers(tx) == [kept, new]
        assert triggers.dependents(tx, "shop", "etl") == [kept]
        assert triggers.dependents(tx, "shop", "nope") == []
        assert triggers.find_trigger(tx, shop.project.id, "c") == new
        assert triggers.find_trigger(tx, shop.project.id, "a") is None
        triggers.replace_triggers(tx, shop.project.id, [])
        assert triggers.all_triggers(tx) == []


def test_a_success_fires_once_per_dependent(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        attempt = shop.start(tx)
        a, b = trigger(shop, "a"), trigger(shop, "b")
        (first,) = triggers.fire(tx, attempt.id, [a], now=NOW)
        assert first == TriggerFiring(
            first.id, attempt.id, shop.project.id, "a", "pending", None, None, NOW, NOW
        )
        (second,) = triggers.fire(tx, attempt.id, [a, b], now=LATER)
        assert second.workflow_name == "b"
        assert triggers.fire(tx, attempt.id, [a, b], now=LATER) == []
        assert triggers.fire(tx, attempt.id, [], now=LATER) == []
        assert triggers.firings_of(tx, [attempt.id]) == [first, second]


def test_a_firing_ends_started_or_dropped(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        a, b = fired(tx, shop, "a", "b")
        triggers.firing_started(tx, a.id, 77)
        triggers.firing_dropped(tx, b.id, "the workflow is gone")
        triggers.firing_dropped(tx, a.id, "too late")
        one, two = triggers.firings_of(tx, [a.upstream_attempt_id])
        assert (one.state, one.attempt_id, one.message, one.next_try_at) == (
            "started", 77, None, None,
        )  # fmt: skip
        assert (two.state, two.attempt_id, two.message) == ("dropped", None, "the workflow is gone")
        assert triggers.pending_firings(tx) == []
        assert triggers.next_try(tx) is None


def test_what_could_not_start_is_tried_again(shop: Shop) -> None:
    with shop.database.transaction() as tx:
        a, b = fired(tx, shop, "a", "b")
        triggers.firing_delayed(tx, a.id, "Too many attempts running", LATER)
        assert [row.id for row in triggers.pending_firings(tx, due=NOW)] == [b.id]
        assert [row.id for row in triggers.pending_firings(tx, due=LATER)] == [b.id, a.id]
        assert [row.id for row in triggers.pending_firings(tx, limit=1)] == [b.id]
        assert triggers.next_try(tx) == NOW
        triggers.firing_started(tx, b.id, 1)
        assert triggers.next_try(tx) == LATER
        (waiting,) = triggers.pending_firings(tx)
        assert waiting.message == "Too many attempts running"
