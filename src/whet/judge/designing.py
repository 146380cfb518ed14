"""A design from a configuration: every number the trial needs. Uses scipy, so driver only."""

import math

from whet.judge.around import WEIGHT
from whet.judge.boundaries import around_t, boundaries, impatient_t, over_layouts
from whet.judge.calibration import floor
from whet.judge.exact import REPEATS
from whet.model.config import Config
from whet.model.design import Design, GuardRule, Impatience, Noise

HIDDEN = 1.75
"""A robust spread of so many times the minimum effect hides it: more pairs than a candidate should
cost would be needed to tell it from nothing."""

CALM = 0.5
"""A robust spread of at most so many times the minimum effect lies far from hiding it: duds are
told by two pairs then, so it costs little to be patient with the others."""

PATIENT = 2 / 3
"""What the level of futility is there, as a share of the usual one."""

WILD = 2.0
"""A candidate's own pairs have to spread by so many times the minimum effect as well."""

WARM = 1.0
"""First runs that are slower by less than so many deviations of a run are not cold."""


def design(config: Config, noise: Noise | None, alpha: float, usual: float | None = None) -> Design:
    """How one candidate is judged.

    Args:
        config: the goal, the guards and the error rates.
        noise: what the worker's calibration found, or None without one.
        alpha: chance that a candidate without effect is kept.
        usual: what pairs there have spread by since, where that is known (`whet.judge.around`).
    """
    usual = noise.sd_pair if usual is None and noise is not None else usual
    beta = _futility(config, usual)
    bounds = boundaries(
        alpha=alpha,
        beta=beta,
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
        impatience=_impatience(config, usual),
        around_t={} if config.goal.exact else around_t(beta, bounds.cap),
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


def _futility(config: Config, usual: float | None) -> float:
    calm = usual is not None and usual <= CALM * math.log1p(config.goal.min_effect)
    return config.judge.futility * (PATIENT if calm else 1.0)


def _impatience(config: Config, usual: float | None) -> Impatience | None:
    least = math.log1p(config.goal.min_effect)
    if usual is None or usual <= HIDDEN * least:
        return None
    beta, cap = config.judge.futility, config.measure.pairs_max
    return Impatience(
        above=WILD * least,
        futile_t=impatient_t(beta, cap),
        around_t=impatient_t(beta, cap, beside=WEIGHT),
    )


def warm(config: Config, noise: Noise | None) -> bool:
    """Whether candidates need uncounted runs: where first runs were as fast as others, not one.

    A first run that is slower all the same counts against its candidate, never for it. Who asks
    for more than one gets them.
    """
    if config.bench.warmup > 1 or noise is None or noise.cold is None:
        return True
    return noise.cold > WARM


def fixed_pairs(config: Config, pairs: int) -> int:
    """How many of so many pairs are worth taking: metrics without noise repeat themselves."""
    exact = config.goal.exact and all(guard.exact for guard in config.guard)
    return min(pairs, REPEATS) if exact else pairs


def metrics(config: Config) -> tuple[str, ...]:
    """Every metric an invocation must have."""
    return (config.goal.metric, *(guard.metric for guard in config.guard))
