"""rules/keys.py: language.md §4 and §5.4."""

import pytest

from engine.dig.rules.keys import GROUP_KEYS, TOP_KEYS, check, group_key, top_key
from engine.dig.written import written


@pytest.mark.parametrize("key", [*TOP_KEYS, "timezone"])
def test_keys_of_a_file(key: str) -> None:
    assert top_key("wf", key) is None


@pytest.mark.parametrize("key", GROUP_KEYS)
def test_keys_of_a_group(key: str) -> None:
    assert group_key("+wf+g", key) is None


@pytest.mark.parametrize("key", ["_secrets", "_background", "_after", "_disable", "_env", "meta"])
def test_keys_that_stand_in_tasks_only(key: str) -> None:
    assert top_key("wf", key)


def test_the_nearest_known_key_is_named() -> None:
    assert group_key("+wf+g", "parallel") == (
        "+wf+g contains invalid keys: 'parallel' (did you mean '_parallel'?)"
    )
    assert "(did you mean 'schedule'?)" in (top_key("wf", "scheduel") or "")


def test_an_operator_at_the_top_is_told_where_to_go() -> None:
    assert "stands in a task" in (top_key("wf", "sh>") or "")


def test_trigger_is_for_the_top() -> None:
    assert group_key("+wf+g", "trigger")


def test_keys_without_effect_are_warned_of() -> None:
    own = {"timezone": "UTC", "_secrets": {}}
    found = list(check(written("+wf+g", "+g", own, (((), own),), ())))
    assert [(finding.path, finding.severity) for finding in found] == [
        (("timezone",), "warning"),
        (("_secrets",), "warning"),
    ]
    assert list(check(written("+wf+g", "+g", own, (((), own),), ("sh>",)))) == []
