"""The content of a workflow file → its time zone and its definition (language.md §4)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.dig.problem import Finding, shown
from engine.dig.rules import keys, timezone
from engine.params import Params

SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Definition:
    """`config` is what is stored and shown: reserved keys in their order, then the tasks."""

    timezone: str
    config: Params
    findings: tuple[Finding, ...]


def read_definition(name: str, source: Params) -> Definition:
    """Sort the top level of a file out; `name` is the workflow's, for messages."""
    findings = [
        Finding((key,), keys.RULE, message)
        for key in source
        if not key.startswith("+") and (message := keys.top_key(name, key))
    ]
    findings.extend(timezone.check(source.get("timezone")))
    config: Params = {}
    export = source.get("_export")
    if export is not None and not isinstance(export, dict):
        message = f"'_export' takes a mapping of parameters, found {shown(export)}"
        findings.append(Finding(("_export",), SHAPE, message, on_value=True))
    elif export:
        config["_export"] = export
    config.update((key, source[key]) for key in keys.TOP_KEYS if key in source and key != "_export")
    config.update((key, value) for key, value in source.items() if key.startswith("+"))
    return Definition(timezone.zone_id(source.get("timezone")), config, tuple(findings))
