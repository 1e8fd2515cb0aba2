from __future__ import annotations

import pytest

from bot.client.errors import Refused


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "Resource not found: BODY"),
        (409, "Request conflicted: BODY"),
        (422, "Invalid option: BODY"),
        (500, "Status code 500: BODY"),
    ],
)
def test_how_an_answer_is_introduced(status, text):
    assert str(Refused(status, "BODY")) == text


def test_the_body_as_json():
    assert Refused(400, '{"message": "no"}').document() == {"message": "no"}
    assert Refused(502, "<html>").document() is None
