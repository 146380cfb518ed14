"""Which idea comes next. Every term is shown: there is no score that nobody can explain."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from whet.model.idea import Evidence, Idea
from whet.plan.gates import Facts, bounded, plain

_MORE_KINDS = 0.7
"""What one more independent kind of evidence adds, as a share."""
_COSTS: Mapping[str, float] = {"": 1.5, "small": 1.0, "medium": 2.0, "large": 4.0}
_UNKNOWN = 0.01
"""The gain that is expected of an idea nobody has said anything of."""
_SHARE_OF_BOUND = 0.1
"""Of what is possible, what is expected where nobody claims anything."""
_SAME_FUNCTION = 3
"""Ideas for one function that may come before those for others."""
_FAMILIES: Mapping[str, str] = {
    "commit": "change", "pull-request": "change", "revert": "change", "review": "change",
    "issue": "wish", "paper": "paper", "document": "paper", "sibling": "sibling",
    "hot-function": "measurement", "ceiling": "measurement", "release": "project",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an idea's place is made of."""

    expected: float
    """Gain, as a fraction."""
    kinds: int
    """Independent kinds of evidence; copies of one thing are one."""
    cost: float
    value: float

    def __str__(self) -> str:
        kinds = f"{self.kinds} kind{'s' * (self.kinds != 1)} of evidence"
        return f"{self.expected:.1%} expected, {kinds}, cost {self.cost:g}"


def terms(idea: Idea, known: Facts) -> Terms:
    """The terms of one idea."""
    expected = _expected(idea, known)
    kinds = len(families(known.evidence[n] for n in idea.evidence if n in known.evidence))
    cost = _COSTS[idea.cost]
    value = expected * (1.0 + _MORE_KINDS * max(0, kinds - 1)) / cost
    return Terms(expected=expected, kinds=kinds, cost=cost, value=value)


def families(evidence: Iterable[Evidence]) -> set[str]:
    """Independent kinds of some evidence."""
    return {_FAMILIES.get(one.kind, one.kind or one.reader) for one in evidence}


def ranked(ideas: Collection[Idea], known: Facts) -> tuple[str, ...]:
    """Ids, the best first; ideas of a person stay in front, in their order."""
    own = [idea.id for idea in ideas if idea.source == "user"]
    rest = [idea for idea in ideas if idea.source != "user"]
    rest.sort(key=lambda idea: (-terms(idea, known).value, idea.id))
    counts: dict[str, int] = {}
    first: list[str] = []
    later: list[str] = []
    for idea in rest:
        names = {plain(name) for name in idea.functions[:2]}
        crowded = bool(names) and all(counts.get(name, 0) >= _SAME_FUNCTION for name in names)
        (later if crowded else first).append(idea.id)
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return (*own, *first, *later)


def _expected(idea: Idea, known: Facts) -> float:
    most = idea.bound if idea.bound is not None else bounded(idea, known)
    if idea.predicted is not None:
        said = sum(idea.predicted) / 2
    elif idea.claims:
        said = max(claim.gain for claim in idea.claims)
    else:
        said = _UNKNOWN if most is None else most * _SHARE_OF_BOUND
    return max(0.0, said if most is None else min(said, most))
