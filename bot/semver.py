"""Versions and ranges of versions, as semver.org and npm read them. Values in, values out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBER = r"0|[1-9][0-9]*"
_VERSION = re.compile(
    rf"v?(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER}))?(?:\.(?P<patch>{_NUMBER}))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)
_COMPARATOR = re.compile(r"(?P<op>>=|<=|>|<|=|\^|~)?\s*(?P<version>[^\s<>=^~|,]+)")
_PARTIAL = re.compile(
    rf"v?(?P<major>{_NUMBER}|[xX*])(?:\.(?P<minor>{_NUMBER}|[xX*]))?"
    rf"(?:\.(?P<patch>{_NUMBER}|[xX*]))?(?:-(?P<pre>[0-9A-Za-z.-]+))?"
)

# Identifiers of digits come before words, and by value (semver.org §11); the leading item tells
# the two apart, so that they are never compared with each other.
Identifier = tuple[int, int, str]
# A release comes after all of its prereleases.
Key = tuple[int, int, int, int, tuple[Identifier, ...]]


@dataclass(frozen=True, slots=True)
class Version:
    major: int
    minor: int = 0
    patch: int = 0
    pre: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Sorts as semver precedence says."""
        identifiers = tuple(_identifier(word) for word in self.pre)
        return (self.major, self.minor, self.patch, 0 if self.pre else 1, identifiers)

    @property
    def core(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)


class BadRange(ValueError):
    """The text is no range of versions."""


def parse(text: str) -> Version | None:
    """`1.2.3`, `v1.2.3-rc.1`, also `v1` and `1.2`; None for anything else."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    pre = tuple(found["pre"].split(".")) if found["pre"] else ()
    return Version(int(found["major"]), int(found["minor"] or 0), int(found["patch"] or 0), pre)


def parse_range(text: str) -> Callable[[Version], bool]:
    """A test for `>=1.2 <2`, `^1.4`, `~1.4.2`, `1.x`, `1.2 || 2`. Raises `BadRange`.

    A prerelease matches only where a comparator names a prerelease of the same version, so that
    `>=1.0` does not deploy a release candidate.
    """
    alternatives = [_comparators(part) for part in text.split("||")]

    def matches(version: Version) -> bool:
        return any(_all_match(comparators, version) for comparators in alternatives)

    return matches


@dataclass(frozen=True, slots=True)
class _Comparator:
    op: str
    version: Version

    def matches(self, version: Version) -> bool:
        a, b = version.key, self.version.key
        return {">=": a >= b, ">": a > b, "<=": a <= b, "<": a < b, "=": a == b}[self.op]


def _all_match(comparators: list[_Comparator], version: Version) -> bool:
    if not all(comparator.matches(version) for comparator in comparators):
        return False
    named = {c.version.core for c in comparators if c.version.pre}
    return not version.pre or version.core in named


def _comparators(text: str) -> list[_Comparator]:
    stripped = text.strip()
    if not stripped:
        raise BadRange("a range of versions is empty")
    found: list[_Comparator] = []
    at = 0
    while at < len(stripped):
        match = _COMPARATOR.match(stripped, at)
        if match is None:
            raise BadRange(f"{stripped[at:]!r} is no range of versions")
        found += _expand(match["op"] or "", match["version"])
        at = match.end()
        while at < len(stripped) and stripped[at] in " ,\t":
            at += 1
    return found


def _expand(op: str, text: str) -> list[_Comparator]:
    """A comparator in terms of the five plain ones."""
    partial = _PARTIAL.fullmatch(text)
    if partial is None:
        raise BadRange(f"{text!r} is no version")
    numbers = [_part(partial[name]) for name in ("major", "minor", "patch")]
    given = next((i for i, number in enumerate(numbers) if number is None), 3)
    major, minor, patch = ((number or 0) for number in numbers)
    low = Version(major, minor, patch, tuple(partial["pre"].split(".")) if partial["pre"] else ())
    if given == 0:  # `*`
        return [_Comparator(">=", Version(0))]
    if op == "^":
        return _between(low, _caret_ceiling(low, given))
    if op == "~":
        return _between(low, _after(low, min(given, 2)))
    if given < 3:
        return _expand_partial(op, low, _after(low, given))
    return [_Comparator(op or "=", low)]


def _expand_partial(op: str, low: Version, ceiling: Version) -> list[_Comparator]:
    """`1.2` stands for all of 1.2.x: `>1.2` is after them, `<=1.2` includes them."""
    if op in ("", "="):
        return _between(low, ceiling)
    if op == ">":
        return [_Comparator(">=", ceiling)]
    if op == "<=":
        return [_Comparator("<", ceiling)]
    return [_Comparator(op, low)]


def _between(low: Version, ceiling: Version) -> list[_Comparator]:
    return [_Comparator(">=", low), _Comparator("<", ceiling)]


def _after(low: Version, given: int) -> Version:
    """The first version after all that share the first `given` numbers."""
    if given == 1:
        return Version(low.major + 1)
    if given == 2:
        return Version(low.major, low.minor + 1)
    return Version(low.major, low.minor, low.patch + 1)


def _caret_ceiling(low: Version, given: int) -> Version:
    """`^` allows what does not change the first number that is not zero."""
    first = next((i + 1 for i, number in enumerate(low.core) if number), 3)
    return _after(low, min(first, given))


def _part(text: str | None) -> int | None:
    return None if text is None or text in "xX*" else int(text)


def _identifier(word: str) -> Identifier:
    return (0, int(word), "") if word.isdigit() else (1, 0, word)
