"""How much noise there is, and what that makes of the effect that is looked for."""

import math
import statistics
from dataclasses import dataclass

from whet.judge.boundaries import boundaries
from whet.judge.calibration import detectable_within
from whet.model.config import Config
from whet.model.design import Boundaries, Noise
from whet.model.trial import TrialOutcome
from whet.report import figures
from whet.steps.doctor import control
from whet.steps.doctor.visit import Visit
from whet.steps.doctor.wording import seconds

_POWER = statistics.NormalDist().inv_cdf(0.8)
_TAILS = 1.1 * 1.06
"""What trimming and heavy tails cost, as in `whet.judge.calibration`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Pairs that find an effect with a chance of 0.8; more than `cap` are never taken."""

    pairs: int
    cap: int


def look(visit: Visit, outcome: TrialOutcome, overhead: float) -> None:
    """Tell how noisy pairs of the same code were.

    Args:
        visit: its noise is known.
        outcome: the pairs it was found in.
        overhead: seconds of an experiment that are not pairs: build, checks, warm-up.
    """
    noise, config = visit.noise, visit.config
    assert noise is not None
    sd = noise.sd_pair or noise.sd_plain
    need = pairs_needed(noise, limits(config), config.goal.min_effect)
    effect = figures.share(config.goal.min_effect)
    about = f"{need.pairs:,}" if need.pairs < 1000 else f"{float(f'{need.pairs:.2g}'):,.0f}"
    spread = f"sd {100 * sd:.2g}% per pair{_manner(noise)}"
    if sd > config.measure.max_noise:
        visit.tell(
            "Noise",
            "error",
            f"{spread}. A {effect} effect would need about {about} pairs",
            hint="see what else runs: `top`; or use a machine of its own",
        )
    elif need.pairs > need.cap:
        visit.tell(
            "Noise",
            "warning",
            f"{spread}. A {effect} effect would need about {about} pairs, at most {need.cap} are "
            f"taken: effects below {100 * noise.detectable:.1f}% stay undecided",
            hint=_calmer(config, noise),
        )
    else:
        took = seconds(overhead + need.pairs * noise.seconds_per_pair)
        visit.tell(
            "Noise",
            "ok",
            f"{spread}. A {effect} effect needs about {about} pairs, {took} per experiment"
            f"{_in_a_minute(noise, limits(config))}",
        )
    control.shifts(visit, outcome)


def _in_a_minute(noise: Noise, bounds: Boundaries) -> str:
    """What a minute of pairs finds, where that is less than everything."""
    found = detectable_within(noise, bounds, 60.0)
    every = bounds.cap * noise.seconds_per_pair <= 60.0
    return "" if found is None or every else f"; in a minute {100 * found:.2g}% is found"


def limits(config: Config) -> Boundaries:
    """The boundaries of the experiments to come."""
    return boundaries(
        alpha=config.judge.alpha,
        beta=config.judge.futility,
        cap=config.measure.pairs_max,
        confidence=config.measure.confidence,
    )


def pairs_needed(noise: Noise, bounds: Boundaries, effect: float) -> Need:
    """The first look that finds an effect (a fraction) with a chance of 0.8.

    Beyond the last look the number goes on as the square of noise over effect. The floor of what
    is believed of the noise is that of the judge: rounding of the printed values.
    """
    sd = max(noise.sd_pair, noise.resolution / math.sqrt(6)) or noise.sd_plain
    aim = math.log1p(effect)
    for look in sorted(bounds.accept_t):
        if (bounds.accept_t[look] + _POWER) * _TAILS * sd / math.sqrt(look) <= aim:
            return Need(pairs=look, cap=bounds.cap)
    t = bounds.accept_t[bounds.cap] + _POWER
    return Need(pairs=math.ceil((t * _TAILS * sd / aim) ** 2), cap=bounds.cap)


def _manner(noise: Noise) -> str:
    said = [
        *(["two modes"] if noise.modes > 1 else []),
        *(["rare large outliers"] if noise.heavy_tailed else []),
    ]
    return f" ({', '.join(said)})" if said else ""


def _calmer(config: Config, noise: Noise) -> str:
    if config.measure.pairs_max < 40:
        return "let a run take longer, or take more pairs: `whet config set measure.pairs_max 40`"
    least = math.ceil(1000 * noise.detectable) / 10
    return f"let a run take longer, or look for more: `whet config set goal.min_effect {least:g}%`"
