"""What guard machines say: whether a kept change helps on other machines, too."""

from dataclasses import dataclass
from typing import Literal

from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardMeasured:
    """A kept change, or the stack, was measured again on a guard machine."""

    at: float
    worker: str
    experiment: str
    """Empty for the stack."""
    a: str
    """The commit it was measured against: what it was judged against, or the base."""
    b: str
    effect: Effect | None
    """Null where there is no number."""
    guards: tuple[Effect, ...]
    holds: bool
    """Nothing was shown to get worse by more than this machine allows."""
    detail: str
    outcome: TrialOutcome | None
    type: Literal["guard.measured"] = "guard.measured"
