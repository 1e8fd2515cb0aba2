"""catalog.py: what rules know of operators."""

from engine.dig.catalog import DIGDAG_OPERATORS, Catalog
from engine.operators.api import Option
from engine.operators.registry import BUILT_IN


def test_options_are_those_that_an_operator_declares() -> None:
    option = Option("shell", ("array",))
    catalog = Catalog({"sh": (option,)})
    assert "sh" in catalog
    assert catalog.options("sh") == (option,)
    assert "ssh" not in catalog
    assert catalog.options("ssh") == ()


def test_our_own_operators_are_digdags() -> None:
    assert set(BUILT_IN) <= DIGDAG_OPERATORS
    assert len(DIGDAG_OPERATORS) == 40
