"""One machine's noise without an end: every invocation continues where the last one stopped.

`whet.testing.noise` draws whole experiments at once, each on a machine met for the first time. A
campaign stays on one machine for hours, so a slow spell that begins in one experiment goes on in
the next, and what one calibration saw may be gone when its numbers are used.
"""

import math
import random
from dataclasses import dataclass, field

from whet.testing.noise import Machine

TREND_TURNS = 0.15
"""A machine that drifts turns around here, on the logarithm: nothing slows down for ever."""

_BUSY_JITTER = 3.0
_TAILS = 4


@dataclass(slots=True)
class Weather:
    """What a machine adds to one invocation after another, on the logarithm of its time."""

    machine: Machine
    seed: int
    _chance: random.Random = field(init=False)
    _wander: float = field(init=False)
    _drifted: float = field(init=False, default=0.0)
    _slope: float = field(init=False)
    _busy: bool = field(init=False)
    _strength: float = field(init=False)

    def __post_init__(self) -> None:
        chance = self._chance = random.Random(self.seed)  # noqa: S311 (noise, not a secret)
        self._wander = chance.gauss(0.0, 1.0)
        self._slope = chance.choice((-1.0, 1.0)) * self.machine.trend
        self._busy = chance.random() < self.machine.busy_share
        self._strength = chance.uniform(0.5, 1.5)

    def invocation(self) -> float:
        """The log of the next invocation's time over its time on a machine without noise."""
        machine = self.machine
        added = machine.wander * self._wander + self._drifted
        if self._busy:
            added += self._strength * machine.busy
        added += self._own()
        self._move_on()
        return added

    def _own(self) -> float:
        """What this invocation adds that the next one does not see."""
        machine, chance = self.machine, self._chance
        added = chance.gauss(0.0, machine.launch)
        if chance.random() < machine.slow_share:
            added += machine.slow
        # Student's t with 4 degrees of freedom has a variance of 2.
        tail = chance.gauss(0.0, 1.0) / math.sqrt(chance.gammavariate(_TAILS / 2, 2.0) / _TAILS)
        added += (_BUSY_JITTER if self._busy else 1.0) * machine.jitter / math.sqrt(2) * tail
        if chance.random() < machine.outlier_share:
            added += chance.expovariate(1.0) * machine.outlier
        return added

    def _move_on(self) -> None:
        machine, chance = self.machine, self._chance
        keep = machine.wander_memory
        self._wander = keep * self._wander + math.sqrt(1 - keep * keep) * chance.gauss(0.0, 1.0)
        self._drifted += self._slope
        if abs(self._drifted) >= TREND_TURNS:
            self._slope = -math.copysign(self._slope, self._drifted)
        if machine.busy_share:
            self._change_spell()

    def _change_spell(self) -> None:
        leave = 1 / self.machine.busy_length
        enter = leave * self.machine.busy_share / (1 - self.machine.busy_share)
        if self._busy:
            self._busy = self._chance.random() >= leave
        elif self._chance.random() < enter:
            self._busy, self._strength = True, self._chance.uniform(0.5, 1.5)
