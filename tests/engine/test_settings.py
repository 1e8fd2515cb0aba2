"""Settings from Digdag's configuration keys."""

from __future__ import annotations

import pytest

from engine.errors import ConfigError
from engine.settings import Settings


def test_without_any_the_decided_limits_hold():
    settings = Settings.from_config({})

    assert (settings.attempt_limit, settings.task_limit) == (1_000, 10_000)
    assert settings.secret_key is None


def test_values_are_read_by_their_type():
    settings = Settings.from_config(
        {
            "executor.task_max_run": "20",
            "schedule.enabled": "FALSE",
            "digdag.defaultParams": '{"a": 1}',
            "digdag.secret-encryption-key": "MDEyMzQ1Njc4OTAxMjM0NQ==",
            "server.port": "not ours",
        }
    )

    assert settings.task_limit == 20
    assert not settings.scheduler_enabled
    assert settings.default_params == {"a": 1}
    assert settings.secret_key == "MDEyMzQ1Njc4OTAxMjM0NQ=="


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("executor.task_max_run", "many", "a whole number but got 'many'"),
        ("agent.enabled", "false", "drives its attempts and runs their tasks"),
        ("server.executor.enabled", "no", "true or false but got 'no'"),
        ("schedule.enabled", "maybe", "true or false but got 'maybe'"),
        ("digdag.defaultParams", "[1]", "a JSON object but got"),
        ("digdag.defaultParams", "{", "a JSON object: "),
    ],
)
def test_a_bad_value_names_its_key(key, value, expected):
    with pytest.raises(ConfigError) as caught:
        Settings.from_config({key: value})

    assert str(caught.value).startswith(f"{key}: ")
    assert expected in str(caught.value)
