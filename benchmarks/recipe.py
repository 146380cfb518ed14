"""The recipe that loops on rented machines follow, on the machines of `whet.testing.noise`.

Five runs of the candidate; if their deviation is above 2 % of the mean, five more, four times at
most. Their median has to beat the best one that is stored. Then a clean A/B, as two blocks: five
runs of the candidate, then five of what was best so far; the lower median wins, and its
difference is what is claimed. What wins is the stored best from then on.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from whet.testing.weather import Weather

BLOCK = 5
ATTEMPTS = 4
STEADY = 0.02


@dataclass(slots=True)
class Played:
    """Which candidates it kept, the sum of the log gains it claims, and the invocations it took."""

    kept: list[int] = field(default_factory=list)
    claimed: float = 0.0
    paid: int = 0


@dataclass(slots=True)
class Recipe:
    """Plays one campaign, hill climbing: what it keeps, the next candidates come on top of."""

    weather: Weather
    _played: Played = field(init=False, default_factory=Played)

    def play(self, gains: Sequence[float]) -> Played:
        """Try candidates of these true gains in their order."""
        head = 0.0
        stored = statistics.median(self._block(head))
        for place, gain in enumerate(gains):
            level = head + math.log1p(gain)
            screened = self._screened(level)
            if screened is None or screened >= stored:
                continue
            now, before = (statistics.median(self._block(one)) for one in (level, head))
            if now < before:
                stored, head = now, level
                self._played.kept.append(place)
                self._played.claimed += before - now
        return self._played

    def _screened(self, level: float) -> float | None:
        """The median of the first steady block, as a log time; None when none was steady."""
        for _ in range(ATTEMPTS):
            block = self._block(level)
            times = [math.exp(value) for value in block]
            if statistics.stdev(times) < STEADY * statistics.fmean(times):
                return statistics.median(block)
        return None

    def _block(self, level: float) -> list[float]:
        """Log times of five runs of a program that is faster than the base by `level`."""
        self._played.paid += BLOCK
        return [self.weather.invocation() - level for _ in range(BLOCK)]
