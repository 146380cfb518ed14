"""What a proof found: for every machine, the error rates of whet and of the rules beside it.

Gains and claims are fractions of speed: 0.05 is 5 % faster.
"""

from dataclasses import dataclass

from whet.model.verdict import Effect
from whet.proof.mix import Mix

WHET = "whet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of some candidates were kept; `low` and `high` bound the true share at 95 %.

    The interval is exact where candidates are independent. Those that are held against one stored
    baseline share its luck, so the intervals of such rules are too narrow.
    """

    kept: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        """The share, or None where there were no candidates."""
        return self.kept / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule on one machine, over all campaigns there."""

    key: str
    title: str
    null: Share
    """Candidates without effect."""
    harmful: Share
    """Candidates that are slower."""
    found: Share
    """Candidates that ought to be found: see `Proof.found_from`."""
    invocations: float
    """For each candidate, with its share of warm-ups, calibration and stored baselines."""
    claimed: float | None
    """What a campaign says it gained, the geometric mean of all campaigns; None if not asked."""
    true: float | None
    """What is true of all that it kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The end of one campaign of whet's: what it kept, and what it says of that."""

    seed: int
    kept: tuple[str, ...]
    measured: Effect | None
    """On fresh pairs, the number in the headline of a report; None when nothing was kept."""
    product: float
    """Of the single effects: what is not claimed, because selected numbers are too high."""
    true: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One candidate of one campaign; `claim` is whet's estimate when it decided."""

    seed: int
    id: str
    gain: float
    verdict: str
    pairs: int
    claim: float
    kept_by: tuple[str, ...]
    """Keys of the rules that would have kept it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnMachine:
    """All campaigns on one machine; whet's row is the first."""

    machine: str
    noise: float
    """Robust spread of pairs of the same code, the median of all calibrations."""
    rows: tuple[Row, ...]
    stacks: tuple[Stack, ...]
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything; equal arguments give equal numbers, but for `seconds` and `sandbox`."""

    candidates: int
    seeds: tuple[int, ...]
    mix: Mix
    effect: float | None
    """The one effect that every candidate has, if `mix` was not asked for."""
    min_effect: float
    """What whet was told is worth keeping."""
    machines: tuple[OnMachine, ...]
    sandbox: str
    version: str
    seconds: float

    @property
    def found_from(self) -> float:
        """The gain from which on a candidate ought to be found."""
        return min(self.effect, self.min_effect) if self.effect else self.min_effect
