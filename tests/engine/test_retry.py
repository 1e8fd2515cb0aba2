import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.retry import RetryControl


def waits(value):
    control = RetryControl.from_config(value)
    pauses = []
    while (pause := control.wait(len(pauses))) is not None:
        pauses.append(pause)
    return pauses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        (0, []),
        (-3, []),
        (2, [0, 0]),
        ("2", [0, 0]),
        (2.9, [0, 0]),
        ({"limit": 2}, [0, 0]),
        ({"limit": "2", "interval": "7"}, [7, 7]),
        (
            {"limit": 6, "interval": 1, "interval_type": "exponential", "max_interval": 2},
            [1, 2, 2, 2, 2, 2],
        ),
        ({"limit": 3, "interval": 10, "interval_type": "Exponential"}, [10, 20, 40]),
        ({"limit": 3, "interval": 5, "max_interval": 1}, [5, 5, 5]),
    ],
)
def test_the_pauses_of_the_specification(value, expected):
    assert waits(value) == expected


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (True, "Invalid _retry format:true"),
        ([3], "Invalid _retry format:[3]"),
        ("soon", "for key '_retry' but got"),
        ({"interval": 3}, "Parameter 'limit' is required but not set"),
        ({"limit": "x"}, "for key 'limit'"),
        ({"limit": 1, "interval_type": "linear"}, "Invalid retry_interval_type: linear"),
    ],
)
def test_other_shapes_are_refused_with_the_value(value, part):
    with pytest.raises(ConfigError) as caught:
        RetryControl.from_config(value)
    assert part in str(caught.value)


@given(
    limit=st.integers(0, 20),
    interval=st.integers(0, 1000),
    cap=st.integers(0, 10_000),
)
def test_exponential_pauses_double_until_the_cap(limit, interval, cap):
    value = {
        "limit": limit,
        "interval": interval,
        "interval_type": "exponential",
        "max_interval": cap,
    }
    assert waits(value) == [min(interval * 2**k, cap) for k in range(limit)]
