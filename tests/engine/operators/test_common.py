import pytest

from engine.operators.common import with_defaults, write_private
from engine.operators.echo import Echo


class Show(Echo):
    name = "show"

    def run(self, request, context):
        params = with_defaults(request)
        context.log.write(f"{params['a']} {params.get('b')}\n")
        return super().run(request, context)


@pytest.mark.parametrize(
    ("exported", "line"),
    [
        ({"show": {"a": 1, "b": {"c": 2}}}, "1 {'c': 2, 'd': 3}"),
        ({"show": {"a": 1}, "a": 5}, "5 {'d': 3}"),
        ({"show": None, "a": 5}, "5 {'d': 3}"),
    ],
)
def test_the_namespace_is_merged_below_the_parameters(project, exported, line):
    made = project(operators=[Show()])
    assert line in made.run({"show>": "x", "b": {"d": 3}}, params=exported).log


def test_private_files_are_for_their_owner(tmp_path):
    write_private(tmp_path / "file", "é")
    assert (tmp_path / "file").read_text("utf-8") == "é"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
