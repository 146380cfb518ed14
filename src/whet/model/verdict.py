"""What is said about a candidate, and why."""

from dataclasses import dataclass
from typing import Literal

VerdictKind = Literal[
    "kept", "retired", "discarded", "inconclusive", "checks_failed", "failed", "rejected"
]

ReasonCode = Literal[
    "faster", "no_gain", "slower", "identical", "screened", "pair_limit", "not_exact", "guard_lost",
    "guard_undecided", "suspicious", "impossible", "clock", "build", "crash", "timeout",
    "no_metric", "checks",
    "output_differs", "work_differs", "fresh_inputs", "protected", "scope", "does_not_apply",
    "no_change", "agent", "stack", "person", "constant", "coarse", "unit_jump", "contradiction",
    "review", "withdrawn",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A relative change of one metric with its interval; 0.05 is 5 % better, below 0 is worse.

    A gain is the ratio of speeds minus 1: time a / time b - 1 where lower is better,
    value b / value a - 1 where higher is better.
    """

    metric: str
    estimate: float
    low: float
    high: float
    confidence: float
    pairs: int
    a: float
    """Median of the incumbent's values."""
    b: float
    """Median of the candidate's values."""
    method: str = "paired log ratio, trimmed mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One question asked of a candidate; `ok` is None when it was not asked."""

    name: str
    ok: bool | None
    detail: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer. `held` says what a person must look at before it can be kept."""

    kind: VerdictKind
    code: ReasonCode
    reason: str
    effect: Effect | None = None
    guards: tuple[Effect, ...] = ()
    gates: tuple[Gate, ...] = ()
    held: str = ""
    by: Literal["judge", "person", "submitter"] = "judge"
