"""The effect on a number of pairs that was fixed before the first. Uses scipy: driver only."""

from collections.abc import Sequence

from whet.judge.boundaries import quantile
from whet.judge.layouts import over_layouts
from whet.judge.ratios import effect, log_ratios
from whet.judge.summary import degrees
from whet.model.metric import Direction
from whet.model.trial import Pair
from whet.model.verdict import Effect


def fixed_effect(
    pairs: Sequence[Pair], metric: str, direction: Direction, confidence: float
) -> Effect:
    """The gain of side b with its interval, over layouts where each side has several builds.

    Raises:
        ValueError: fewer than 2 pairs, or a value that has no logarithm.
    """
    ratios = log_ratios(pairs, metric, direction)
    over = over_layouts(ratios, [pair.layout for pair in pairs], 0.0)
    df = over.df if over is not None else degrees(len(pairs))
    t = quantile((1 - confidence) / 2, max(df, 1))
    return effect(pairs, metric, direction, t=t, confidence=confidence, over=over)
