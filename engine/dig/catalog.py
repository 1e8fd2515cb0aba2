"""The operators that rules may know of, passed in as a value: `dig` imports no operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class OptionLike(Protocol):
    """One parameter an operator reads; `engine.operators.api.Option` is one."""

    @property
    def name(self) -> str: ...

    @property
    def types(self) -> tuple[str, ...]:
        """JSON type names."""

    @property
    def required(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Catalog:
    """Known operators, by the word before ">", with the options each declares."""

    operators: Mapping[str, tuple[OptionLike, ...]] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.operators

    def options(self, name: str) -> tuple[OptionLike, ...]:
        """The options of an operator, none when it is not known."""
        return self.operators.get(name, ())


# What Digdag has (operators.md §1): said to be missing in this version, not to be unknown.
_DIGDAG = """
    echo fail if loop for_each for_range call require wait notify
    sh py rb embulk
    http http_call mail
    param_set param_get
    pg redshift redshift_load redshift_unload
    s3_wait emr
    bq bq_load bq_extract bq_ddl gcs_wait
    td td_run td_ddl td_for_each td_load td_partial_delete td_result_export td_table_export
    td_wait td_wait_table
"""
DIGDAG_OPERATORS = frozenset(_DIGDAG.split())
