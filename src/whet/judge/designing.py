"""A design from a configuration: every number the trial needs. Uses scipy, so driver only."""

import math

from whet.judge.boundaries import boundaries, over_layouts
from whet.judge.calibration import floor
from whet.judge.exact import REPEATS
from whet.model.config import Config
from whet.model.design import Design, GuardRule, Noise


def design(config: Config, noise: Noise | None, alpha: float) -> Design:
    """How one candidate is judged.

    Args:
        config: the goal, the guards and the error rates.
        noise: what the worker's calibration found, or None without one.
        alpha: chance that a candidate without effect is kept.
    """
    bounds = boundaries(
        alpha=alpha,
        beta=config.judge.futility,
        cap=config.measure.pairs_max,
        confidence=config.measure.confidence,
    )
    count = config.measure.layouts
    return Design(
        metric=config.goal.metric,
        direction=config.goal.direction,
        min_effect=math.log1p(config.goal.min_effect),
        boundaries=bounds,
        layouts=over_layouts(bounds, count) if count > 1 else None,
        exact=config.goal.exact,
        floor=floor(noise) if noise is not None and not config.goal.exact else 0.0,
        guards=tuple(
            GuardRule(
                metric=guard.metric,
                direction=guard.direction,
                margin=math.log1p(guard.max_loss),
                exact=guard.exact,
            )
            for guard in config.guard
        ),
    )


def fixed_pairs(config: Config, pairs: int) -> int:
    """How many of so many pairs are worth taking: metrics without noise repeat themselves."""
    exact = config.goal.exact and all(guard.exact for guard in config.guard)
    return min(pairs, REPEATS) if exact else pairs


def metrics(config: Config) -> tuple[str, ...]:
    """Every metric an invocation must have."""
    return (config.goal.metric, *(guard.metric for guard in config.guard))
