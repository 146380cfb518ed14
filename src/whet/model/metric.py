"""What is measured: a name, a unit, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The metric a campaign improves."""

    metric: str
    unit: str = ""
    direction: Direction = "lower"
    min_effect: float = 0.02
    """Smallest gain worth keeping, as a fraction of speed: 0.02 is 2 %."""
    target: float | None = None
    """Stop when the re-measured stack has gained this fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A metric that must not get worse by more than `max_loss`."""

    metric: str
    unit: str = ""
    direction: Direction = "lower"
    max_loss: float = 0.05
    exact: bool = False
    """The metric has no noise (a size, an instruction count): compared once, exactly."""
