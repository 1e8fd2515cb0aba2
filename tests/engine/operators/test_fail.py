import pytest


@pytest.mark.parametrize(
    ("command", "message"), [("boom ${1 + 1}", "boom 2"), (None, ""), (7, "7")]
)
def test_the_message_is_exactly_the_text(project, command, message):
    ran = project().run({"fail>": command})
    assert ran.outcome.error == {"message": message}
