"""What can happen when one campaign is an arm of a comparison."""

from dataclasses import dataclass
from typing import Literal

from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmMeasured:
    """The stack of this campaign against that of another arm, on fresh pairs.

    `effect` is None where both are the same code, or where one of them failed.
    """

    at: float
    arm: str
    against: str
    """The other arm, which is the control."""
    campaign: str
    """The other arm's campaign."""
    commit: str
    """The stack of this one."""
    other: str
    """The stack of the other one."""
    effect: Effect | None
    detail: str
    outcome: TrialOutcome | None
    type: Literal["arm.measured"] = "arm.measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much faster the code is that one arm has made, over all repetitions.

    With one repetition the interval is that of its measurement: it says how these two results
    differ. Only with several does it say how the ways of working differ.
    """

    arm: str
    against: str
    estimate: float
    low: float
    high: float
    confidence: float
    repetitions: int
