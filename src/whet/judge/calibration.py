"""What pairs of the same code say about a machine and a benchmark. Standard library only."""

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations, pairwise

from whet.judge.ratios import gain, log_ratios, values
from whet.judge.summary import centre, mad_sd, median
from whet.model.design import Boundaries, Noise
from whet.model.metric import Direction
from whet.model.trial import Invocation, Pair

_LARGEST_T = 1e6
"""Stands for an infinite t, which JSON cannot hold."""

_HEAVY = 2.5
"""Plain over robust deviation: normal noise exceeds it in 2 % of calibrations with 10 pairs."""

_GAP = 2.0
"""An empty stretch this many deviations wide inside a sample means two modes."""

_FEWEST_FOR_MODES = 16
_FEWEST_IN_A_MODE = 4
_DIGITS_OF_A_MEASUREMENT = 6

_NEXT = 4
"""Runs that a first run is held against."""


def noise(
    pairs: Sequence[Pair],
    metric: str,
    direction: Direction,
    *,
    boundaries: Boundaries,
    resolution: float,
    warmups: Sequence[Invocation] = (),
) -> Noise:
    """Describe pairs in which both sides are the same code.

    `resolution` is the relative step of the reported values; the function of that name finds it.
    `boundaries` are those of the designs to come, for `detectable`. `t` beyond a million stands
    for infinity. `modes` is 1 or 2, and 1 unless a wide gap leaves no doubt. `warmups` are the runs
    before the first pair, one of each side.

    Raises:
        ValueError: fewer than 2 pairs, or a value that has no logarithm.
    """
    if len(pairs) < 2:
        raise ValueError("a calibration needs at least 2 pairs")
    ratios = log_ratios(pairs, metric, direction)
    found = centre(ratios, resolution / math.sqrt(6))
    robust, plain = mad_sd(ratios), statistics.stdev(ratios)
    runs = _in_time_order(pairs)
    series = [math.log(value) for value in values(runs, metric)]
    moments = _moments(runs)
    slope = _slope(moments, series)
    level = [y - slope * x for x, y in zip(moments, series, strict=True)]
    return Noise(
        pairs=len(pairs),
        sd_pair=robust,
        sd_plain=plain,
        mean=found.mean,
        t=_finite_t(found.mean, found.se),
        drift=slope * (moments[-1] - moments[0]),
        autocorrelation=_autocorrelation(series),
        resolution=resolution,
        detectable=_detectable(max(robust, _rounding(resolution)) or plain, boundaries),
        seconds_per_pair=median([pair.a.wall + pair.b.wall for pair in pairs]),
        modes=_modes(level),
        heavy_tailed=robust > 0 and plain > _HEAVY * robust,
        constant=_constant(values(runs, metric)),
        cold=_cold(warmups, series, metric, direction),
    )


def detectable_within(noise: Noise, boundaries: Boundaries, seconds: float) -> float | None:
    """The smallest gain that is found with a chance of 0.8 in so much time; None in too little.

    It is that of the last look whose pairs fit, warm-ups and builds left out.
    """
    fit = [n for n in boundaries.accept_t if n * noise.seconds_per_pair <= seconds]
    sd = max(noise.sd_pair, _rounding(noise.resolution)) or noise.sd_plain
    return _found_at(max(fit), sd, boundaries) if fit else None


def carry_over(pairs: Sequence[Pair], metric: str, direction: Direction) -> tuple[float, float]:
    """How much slower a run is after the other side's than after its own side's, and the error.

    Both are differences of logarithms. Programs that share a cache, on a disk or in a server, leave
    it as the other one wants it or does not; then a pair measures that as well.

    Raises:
        ValueError: too few runs follow their own side, or the other one, to compare them.
    """
    sign = 1.0 if direction == "lower" else -1.0
    sides = [side for pair in pairs for side in (pair.first, "b" if pair.first == "a" else "a")]
    logs = [sign * math.log(value) for value in values(_in_time_order(pairs), metric)]
    after: dict[bool, list[float]] = {True: [], False: []}
    for before, side, value in zip(sides, sides[1:], logs[1:], strict=False):
        after[before == side].append(value)
    if min(len(found) for found in after.values()) < 2:
        raise ValueError("too few runs follow their own side, or the other one")
    same, other = after[True], after[False]
    errors = [statistics.variance(found) / len(found) for found in (same, other)]
    return statistics.fmean(other) - statistics.fmean(same), math.sqrt(sum(errors))


def floor(noise: Noise) -> float:
    """The least standard deviation of a pair that is believed on this worker.

    Half of what was calibrated, since a few pairs may agree by luck; and no less than what
    rounding alone does to a ratio of two values.
    """
    return max(0.5 * noise.sd_pair, _rounding(noise.resolution))


def resolution(reported: Sequence[float]) -> float:
    """The relative step of values printed with some number of decimals: 0.01 for 9.8 and 10.1.

    The longest value tells the number of decimals. It is 0 when there are no values, or zeros.
    """
    middle = median([abs(value) for value in reported]) if reported else 0.0
    if not middle:
        return 0.0
    return 10.0 ** -max(_decimals(value) for value in reported) / middle


def _decimals(value: float) -> int:
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounding(step: float) -> float:
    """The deviation of the log ratio of two values that are rounded to a relative step."""
    return step / math.sqrt(6)


def _detectable(sd: float, boundaries: Boundaries) -> float:
    """The gain that is found with a chance of 0.8 by the last look."""
    return _found_at(boundaries.cap, sd, boundaries)


def _found_at(look: int, sd: float, boundaries: Boundaries) -> float:
    """The gain that is found with a chance of 0.8 at this look.

    1.06 is what trimming costs where the noise is normal, 1.1 covers the heavy tails of real
    machines; both were checked by simulation.
    """
    t = boundaries.accept_t[look] + statistics.NormalDist().inv_cdf(0.8)
    return gain(1.1 * 1.06 * t * sd / math.sqrt(look))


def _finite_t(mean: float, se: float) -> float:
    if mean == 0:
        return 0.0
    t = mean / se if se > 0 else math.copysign(_LARGEST_T, mean)
    return min(max(t, -_LARGEST_T), _LARGEST_T)


def _in_time_order(pairs: Sequence[Pair]) -> tuple[Invocation, ...]:
    return tuple(
        run
        for pair in pairs
        for run in ((pair.a, pair.b) if pair.first == "a" else (pair.b, pair.a))
    )


def _moments(runs: Sequence[Invocation]) -> list[float]:
    """When each invocation began, or its number where that was not recorded."""
    at = [run.at for run in runs]
    if all(before < after for before, after in pairwise(at)):
        return at
    return [float(number) for number in range(len(runs))]


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The median of the slopes between any two points (H. Theil 1950, P. K. Sen 1968)."""
    return median(
        [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(zip(x, y, strict=True), 2)]
    )


def _autocorrelation(series: Sequence[float]) -> float:
    mean = statistics.fmean(series)
    total = math.fsum((y - mean) ** 2 for y in series)
    if total <= 1e-24 * len(series):
        return 0.0
    return math.fsum((y1 - mean) * (y2 - mean) for y1, y2 in pairwise(series)) / total


def _modes(level: Sequence[float]) -> int:
    """Two when some gap parts the values into two groups that are narrow beside it.

    Each group needs a fifth of the values: a few outliers are a tail, not a mode. One normal
    distribution is called two in about 2 of 1000 calibrations with 10 pairs.
    """
    n = len(level)
    if n < _FEWEST_FOR_MODES:
        return 1
    ordered = sorted(level)
    least = max(_FEWEST_IN_A_MODE, math.ceil(n / 5))
    return 2 if any(_parts(ordered, i) for i in range(least, n - least + 1)) else 1


def _parts(ordered: Sequence[float], i: int) -> bool:
    low, high = ordered[:i], ordered[i:]
    within = (i - 1) * statistics.variance(low) + (len(high) - 1) * statistics.variance(high)
    return high[0] - low[-1] > max(_GAP * math.sqrt(within / (len(ordered) - 2)), 1e-12)


def _cold(
    warmups: Sequence[Invocation], series: Sequence[float], metric: str, direction: Direction
) -> float | None:
    """How much worse each first run was, at the least, than those that came next, in deviations.

    The next ones and not all: a machine that wanders was elsewhere by the end. At the least: a run
    that was delayed by chance was not delayed by being the first.
    """
    if not warmups:
        return None
    sign = 1.0 if direction == "lower" else -1.0
    usual = median(series[:_NEXT])
    worse = min(sign * (math.log(value) - usual) for value in values(warmups, metric))
    return _finite_t(worse, mad_sd(series))


def _constant(reported: Sequence[float]) -> bool:
    """Whether a number too long to repeat by chance was printed every time: a cached output."""
    digits = len(Decimal(repr(float(reported[0]))).normalize().as_tuple().digits)
    return digits >= _DIGITS_OF_A_MEASUREMENT and len(set(reported)) == 1
