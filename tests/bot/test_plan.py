"""What is counted in a plan, and which settings a deploy depends on."""

from bot.comments import Refused
from bot.plan import Plan, settings_of
from bot.settings import ProjectSettings
from engine.dig.problem import Problem, Severity


def test_only_errors_count() -> None:
    error = Problem("x", Severity.ERROR, "no")
    warning = Problem("x", Severity.WARNING, "hm")
    plan = Plan(broken=[Refused("a", [error, warning]), Refused("b", [error])])
    assert plan.errors == 2
    assert Plan().errors == 0


def test_what_changes_a_deploy() -> None:
    settings = ProjectSettings("etl", "etl", ignore=("*.x",), schedules=False, uploads=True)
    assert settings_of(settings) == {"ignore": ["*.x"], "schedules": False}
