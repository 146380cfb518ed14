"""How an experiment is judged: every number the trial needs, computed before its first pair."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from whet.model.metric import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Critical values of Student's t for one design.

    `accept_t[n]` exists only at the planned looks; `futile_t[n]` and `interval_t[n]` for every
    number of pairs n from 2 to `cap`. Degrees of freedom follow `whet.judge.summary.centre`.
    """

    alpha: float
    beta: float
    confidence: float
    cap: int
    accept_t: Mapping[int, float]
    futile_t: Mapping[int, float]
    interval_t: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """Critical values of Student's t over the means of several builds (`count` - 1 degrees).

    They are asked beside the boundaries when there are more pairs than builds: `accept_t` is for
    those of the planned looks.
    """

    count: int
    accept_t: Mapping[int, float]
    futile_t: float
    interval_t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatience:
    """How to give up sooner on a machine whose noise hides the minimum effect.

    `futile_t` takes the place of that of the boundaries where the pairs themselves spread by
    `above` or more: a calibration that met a bad minute makes nobody impatient for good.
    `around_t` is for pairs with `Pair.around`, and then that must be `above` or more.
    """

    above: float
    futile_t: Mapping[int, float]
    around_t: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRule:
    """A non-inferiority margin: the metric may lose at most `margin` (a log ratio above 0)."""

    metric: str
    direction: Direction
    margin: float
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A sequential test of one candidate against the incumbent.

    Effects are log ratios, above 0 when the candidate is better. `floor` is the least standard
    deviation of a pair that is believed: it protects against a lucky run of equal values.
    """

    metric: str
    direction: Direction
    min_effect: float
    boundaries: Boundaries
    floor: float = 0.0
    exact: bool = False
    """The metric has no noise: no test is made, and two agreeing pairs decide."""
    layouts: Layouts | None = None
    """Where each side has several builds."""
    first_futility: int = 3
    impatience: Impatience | None = None
    """Where the machine is noisy."""
    around_t: Mapping[int, float] = field(default_factory=dict)
    """What takes the place of `futile_t` for pairs with `Pair.around`, whose spread is known with
    more degrees of freedom: then giving up is asked from the second pair on, not only from
    `first_futility`. Empty where nobody asks what others are like."""
    guards: tuple[GuardRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What pairs of the same code look like on one worker.

    `sd_pair` is robust (1.4826 times the median absolute deviation of log ratios), `sd_plain` is
    not; `drift` is the log change over the whole calibration; `autocorrelation` is at lag 1 of
    the invocations in time order; `resolution` is the relative step of the reported values;
    `detectable` is the smallest gain found with a chance of 0.8 at the pair limit.
    """

    pairs: int
    sd_pair: float
    sd_plain: float
    mean: float
    t: float
    drift: float
    autocorrelation: float
    resolution: float
    detectable: float
    seconds_per_pair: float
    modes: int = 1
    heavy_tailed: bool = False
    constant: bool = False
    cold: float | None = None
    """How much slower the first run of each build was than the others, in robust deviations of a
    run; None where that is not known."""
