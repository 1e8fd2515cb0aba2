"""What is counted in a plan, and which settings a deploy depends on."""

from bot.comments import Refused
from bot.plan import Plan, settings_of
from bot.settings import ProjectSettings
from engine.dig.problem import Problem, Severity
from engine.workflow import Position


def test_only_errors_count_and_each_once() -> None:
    error = Problem("x", Severity.ERROR, "no", Position("a.dig", 1, 1))
    warning = Problem("x", Severity.WARNING, "hm")
    staging = [Refused("etl", [error, warning], "etl"), Refused("etl-staging", [error], "etl")]
    assert Plan(broken=staging).errors == 1
    assert Plan(broken=[*staging, Refused("report", [error], "report")]).errors == 2
    assert Plan().errors == 0


def test_what_changes_a_deploy() -> None:
    settings = ProjectSettings("etl", "etl", ignore=("*.x",), schedules=False, uploads=True)
    assert settings_of(settings) == {"ignore": ["*.x"], "schedules": False}
