"""The one vocabulary: every surface shows a verdict with these shapes and these words."""

from collections.abc import Mapping
from dataclasses import dataclass

from whet.model.verdict import ReasonCode, Verdict, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How a verdict is shown. `short` has at most 7 letters: it stands in a column."""

    shape: str
    short: str
    title: str
    count: str
    meaning: str


WORDS: Mapping[VerdictKind, Word] = {
    "kept": Word(
        shape="●",
        short="kept",
        title="Kept",
        count="kept",
        meaning="faster, the guards hold, and it held in the stack",
    ),
    "retired": Word(
        shape="⊘",
        short="dropped",
        title="Kept, then dropped",
        count="kept then dropped",
        meaning="kept once, but it did not hold when the stack was measured again",
    ),
    "discarded": Word(
        shape="○",
        short="no gain",
        title="No gain",
        count="no gain",
        meaning="measured well, and not faster by enough",
    ),
    "inconclusive": Word(
        shape="◇",
        short="unclear",
        title="Inconclusive",
        count="unclear",
        meaning="the interval is still too wide at the pair limit, or a person has to look",
    ),
    "checks_failed": Word(
        shape="■",
        short="checks",
        title="Checks failed",
        count="checks failed",
        meaning="the result is wrong",
    ),
    "failed": Word(
        shape="✕",
        short="failed",
        title="Build or run failed",
        count="failed",
        meaning="it does not apply, build or finish: there is no number",
    ),
    "rejected": Word(
        shape="▲",
        short="refused",
        title="Rejected (integrity)",
        count="rejected",
        meaning="it broke a rule: out of scope, protected files, replayed output",
    ),
}

RUNNING, WAITING = "◌", "·"
"""Shapes of experiments without a verdict."""

PASSED, DENIED, UNASKED = "✓", "✗", "-"
"""Marks of a gate."""

REASONS: Mapping[ReasonCode, str] = {
    "faster": "faster",
    "no_gain": "no gain",
    "slower": "slower",
    "identical": "same program",
    "screened": "no fewer instructions",
    "pair_limit": "unclear at the pair limit",
    "not_exact": "not as exact as declared",
    "guard_lost": "a guard got worse",
    "guard_undecided": "a guard is unclear",
    "suspicious": "too good to be believed unseen",
    "impossible": "beyond what is possible",
    "clock": "the wall clock disagrees",
    "build": "build failed",
    "crash": "crashed",
    "timeout": "timed out",
    "no_metric": "printed no number",
    "checks": "checks failed",
    "output_differs": "wrong output",
    "work_differs": "did different work",
    "fresh_inputs": "fails on fresh inputs",
    "protected": "touched protected files",
    "scope": "out of scope",
    "does_not_apply": "does not apply",
    "no_change": "changed nothing",
    "agent": "the agent failed",
    "stack": "did not hold in the stack",
    "person": "decided by a person",
    "review": "a reviewer asks for a person",
    "withdrawn": "withdrawn",
    "constant": "prints no measurement",
    "coarse": "prints too few digits",
    "unit_jump": "may have changed its unit",
    "contradiction": "contradicts itself",
}

_SHORTER: Mapping[ReasonCode, str] = {
    "slower": "slower",
    "identical": "same",
    "guard_lost": "guard",
    "withdrawn": "aside",
}

_TITLES: Mapping[ReasonCode, str] = {
    "slower": "Slower",
    "identical": "Same program",
    "guard_lost": "A guard got worse",
    "withdrawn": "Withdrawn",
}

NO_NUMBER: frozenset[VerdictKind] = frozenset({"checks_failed", "failed", "rejected"})
"""Verdicts whose numbers mean nothing, and are not shown where gains are compared."""


def short(verdict: Verdict) -> str:
    """The word for a column, at most 7 letters; a verdict that waits for a person is held."""
    if verdict.held:
        return "held"
    if _set_aside(verdict):
        return "aside"
    return _SHORTER.get(verdict.code, WORDS[verdict.kind].short)


def title(verdict: Verdict) -> str:
    """The words for a heading: "Kept", "Slower", "Rejected (integrity)"."""
    if verdict.held:
        return "Held for a person"
    if _set_aside(verdict):
        return "Set aside"
    return _TITLES.get(verdict.code, WORDS[verdict.kind].title)


def sentence(verdict: Verdict) -> str:
    """What happened and why, on one line: "wrong output: 3 of 41 lines differ"."""
    lead = "rejected" if verdict.kind == "rejected" else REASONS[verdict.code]
    if not verdict.reason or verdict.reason == lead:
        return lead
    return f"{lead}: {verdict.reason}"


def _set_aside(verdict: Verdict) -> bool:
    """A person said no to what the judge had held: that is no statement about its gain."""
    return verdict.by == "person" and verdict.kind == "discarded"
