"""What several campaigns of one arm say beside those of the control."""

import math
import statistics
from collections.abc import Sequence

from whet.judge.boundaries import quantile
from whet.judge.ratios import gain
from whet.model.arms import ArmMeasured, Difference
from whet.model.verdict import Effect


def difference(measured: Sequence[ArmMeasured]) -> Difference | None:
    """What the repetitions of one arm say beside those of the control; None before any is measured.

    Over several it is the mean of the log ratios with Student's t: repetitions are the unit, and
    what an agent does by chance is in the interval. Stacks of the same code differ by nothing.
    """
    done = [found for found in measured if found.effect is not None or found.commit == found.other]
    if not done:
        return None
    arm, against, only = done[0].arm, done[0].against, done[0].effect
    if len(done) == 1:
        return _single(arm, against, only)
    logs = [math.log1p(found.effect.estimate) if found.effect else 0.0 for found in done]
    centre, confidence = statistics.fmean(logs), 0.95
    error = statistics.stdev(logs) / math.sqrt(len(logs))
    half = quantile((1 - confidence) / 2, len(logs) - 1) * error
    return Difference(
        arm=arm, against=against, estimate=gain(centre), low=gain(centre - half),
        high=gain(centre + half), confidence=confidence, repetitions=len(logs),
    )  # fmt: skip


def _single(arm: str, against: str, seen: Effect | None) -> Difference:
    low, high = (seen.low, seen.high) if seen is not None else (0.0, 0.0)
    return Difference(
        arm=arm, against=against, estimate=seen.estimate if seen is not None else 0.0, low=low,
        high=high, confidence=seen.confidence if seen is not None else 1.0, repetitions=1,
    )  # fmt: skip
