"""Candidates judged in blocks on a made-up machine, without git, builds or processes.

Orders, repeats and stops are the product's (`whet.trial.measure`), and the noise of one block goes
on in the next (`whet.testing.weather`), so what this says of error rates is said of the product.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from whet.judge.boundaries import around_t
from whet.judge.calibration import floor, noise
from whet.model.config import Bench
from whet.model.design import Boundaries, Design
from whet.model.trial import Invocation, TrialSpec
from whet.testing.noise import Machine
from whet.testing.weather import Weather
from whet.trial.arm import Arm
from whet.trial.measure import INCUMBENT, Measurer

METRIC = "seconds"
_CALIBRATION_PAIRS = 10


@dataclass(slots=True, kw_only=True)
class Bay:
    """One made-up machine with its calibration, on which blocks are judged one after the other."""

    machine: Machine
    seed: int
    boundaries: Boundaries
    min_effect: float = 0.02
    """As a fraction of speed."""
    invocations: int = 0
    """Of candidates and incumbents; the calibration and warm-ups are not counted."""
    design: Design = field(init=False)
    _weather: Weather = field(init=False)

    def __post_init__(self) -> None:
        self._weather = Weather(self.machine, self.seed)
        self.design = self._design(0.0)
        (same,) = self._measure((0.0,), pairs=_CALIBRATION_PAIRS)
        found = noise(same.pairs, METRIC, "lower", boundaries=self.boundaries, resolution=0.0)
        self.design = self._design(floor(found))
        self.invocations = 0

    def judge(self, gains: Sequence[float]) -> tuple[Arm, ...]:
        """One block of candidates that are truly so much faster, each until it is decided."""
        return self._measure(gains)

    def _design(self, least: float) -> Design:
        return Design(
            metric=METRIC,
            direction="lower",
            min_effect=math.log1p(self.min_effect),
            boundaries=self.boundaries,
            floor=least,
            around_t=around_t(self.boundaries.beta, self.boundaries.cap),
        )

    def _measure(self, gains: Sequence[float], pairs: int = 0) -> tuple[Arm, ...]:
        bench = Bench(command="")
        self.seed += 1
        arms = tuple(
            Arm(
                spec=TrialSpec(
                    id=str(number), mode="judge", base="", a="", b="", bench=bench,
                    metrics=(METRIC,), design=self.design, seed=self.seed,
                )
            )
            for number in range(len(gains))
        )  # fmt: skip
        speeds = (0.0, *(math.log1p(gain) for gain in gains))

        def invoke(
            member: int, *, pad: int = 0, seed: int | None = None, turn: int = 0
        ) -> Invocation:
            del pad, seed, turn
            self.invocations += 1
            wall = math.exp(self._weather.invocation() - speeds[member])
            return Invocation(values={METRIC: wall}, wall=wall, at=float(self.invocations))

        taker = Measurer(arms=arms, invoke=invoke)
        for member in range(INCUMBENT, len(speeds)):
            invoke(member)
        self.invocations -= len(speeds)
        if pairs:
            taker.fixed(pairs, lambda _: None)
        else:
            taker.until_decided(lambda _: None)
        return arms
