"""What is measured: a name, a unit, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The metric a campaign improves."""

    metric: str
    """Its name in the benchmark's output."""
    unit: str = ""
    """For reports; a unit of time lets the wall clock be compared."""
    direction: Direction = "lower"
    """Which way is better."""
    min_effect: float = 0.02
    """Smallest gain worth keeping, as a fraction of speed: 0.02 is 2 %."""
    exact: bool = False
    """The metric has no noise (a size, an instruction count): two agreeing pairs decide."""
    target: float | None = None
    """Stop when the re-measured stack has gained this fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A metric that must not get worse by more than `max_loss`."""

    metric: str
    """Its name in the benchmark's output."""
    unit: str = ""
    """For reports."""
    direction: Direction = "lower"
    """Which way is better."""
    max_loss: float = 0.05
    """As a fraction: 0.05 allows 5 % worse."""
    exact: bool = False
    """The metric has no noise (a size, an instruction count): compared once, exactly."""
