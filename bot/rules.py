"""Which refs deploy which project: a function of the rule and of the set of refs, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.events import BRANCHES, TAGS, short_ref
from bot.semver import Key, Version, parse, parse_range
from bot.settings import BranchRule, Rule, TagRule

TagTime = Callable[[str], datetime]  # ref -> when it was tagged


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule chose: the ref, and the object that it points at (for a tag, perhaps a tag)."""

    ref: str
    id: str

    @property
    def tag(self) -> str | None:
        return short_ref(self.ref) if self.ref.startswith(TAGS) else None


def target(
    rule: Rule, refs: Mapping[str, str], default_branch: str, tagged_at: TagTime
) -> Target | None:
    """What deploys, or None when no ref matches. `default_branch` is a full ref name."""
    if isinstance(rule, BranchRule):
        ref = f"{BRANCHES}{rule.name}" if rule.name else default_branch
        return Target(ref, refs[ref]) if ref in refs else None
    matching = [ref for ref in refs if matches(rule, ref, default_branch)]
    if not matching:
        return None
    prefix = _literal_prefix(rule)
    # Dates are read only between tags of equal rank: reading one costs a look at the object.
    ranks = {ref: _rank(short_ref(ref), prefix) for ref in matching}
    highest = max(ranks.values())
    best = [ref for ref in matching if ranks[ref] == highest]
    chosen = best[0] if len(best) == 1 else max(best, key=lambda ref: (tagged_at(ref), ref))
    return Target(chosen, refs[chosen])


def matches(rule: Rule, ref: str, default_branch: str) -> bool:
    """True when a move of `ref` can change what the rule deploys."""
    if isinstance(rule, BranchRule):
        return ref == (f"{BRANCHES}{rule.name}" if rule.name else default_branch)
    if not ref.startswith(TAGS):
        return False
    name = short_ref(ref)
    if isinstance(rule, TagRule):
        return fnmatchcase(name, rule.pattern)
    version = parse(name)
    return version is not None and parse_range(rule.range)(version)


def describe(rule: Rule, default_branch: str) -> str:
    """The rule for people: `main`, `tags v*`, `versions >=1.2 <2`."""
    if isinstance(rule, BranchRule):
        return rule.name or short_ref(default_branch)
    if isinstance(rule, TagRule):
        return f"tags {rule.pattern}"
    return f"versions {rule.range}"


# Versions above other names; versions by precedence, names in natural order. Tuples whose leading
# item tells the two apart never compare a version with a name.
_Chunk = tuple[int, int, str]
_Rank = tuple[int, Key, tuple[_Chunk, ...]]


def _rank(name: str, prefix: str) -> _Rank:
    version = parse(name[len(prefix) :]) or parse(name)
    if version is not None:
        return (1, version.key, ())
    return (0, Version(0).key, tuple(_chunk(word) for word in re.findall(r"\d+|\D+", name)))


def _chunk(word: str) -> _Chunk:
    return (0, int(word), "") if word.isdecimal() else (1, 0, word)


def _literal_prefix(rule: Rule) -> str:
    """What stands before the version in a pattern: `etl-` of `etl-v*`."""
    if not isinstance(rule, TagRule):
        return ""
    literal = re.split(r"[*?\[]", rule.pattern, maxsplit=1)[0]
    return literal[:-1] if literal.endswith("v") and literal != rule.pattern else literal
