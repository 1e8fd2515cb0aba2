from engine.operators.api import TaskFailed, TryLater


def test_a_failure_carries_its_message_and_details():
    assert TaskFailed("boom").error == {"message": "boom"}
    assert TaskFailed("boom", kind="runtime", job=3).error == {
        "message": "boom (runtime)",
        "job": 3,
    }


def test_a_later_call_carries_its_state():
    later = TryLater(5, {"job": 3})
    assert (later.seconds, later.state) == (5, {"job": 3})
