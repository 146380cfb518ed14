"""Benchmark times on machines whose noise is known, to measure how often the judge is wrong.

All parts add up on the logarithm of the time of one invocation:

- wander: a slow drift of the whole machine, autoregressive of order 1 (temperature, frequency,
  page cache). Why a stored baseline is worth nothing: A. Abedi and T. Brecht, "Conducting
  repeatable experiments in highly variable cloud computing environments" (ICPE 2017).
- busy: spells in which a neighbour takes its share and everything jitters more; C. Laaber,
  J. Scheuner and P. Leitner, "Software microbenchmarking in the cloud" (EMSE 2019).
- launch: what one process start adds to all it does (address layout, page placement, hash
  seeds); T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time" (ISMM 2013).
- slow mode: a second mode that a start falls into by chance (a huge page missed, another core).
- jitter: what remains, with tails heavier than normal (Student's t with 4 degrees of freedom).
- outlier: rare one-sided delays, exponential (a daemon woke up).
- trend: a steady change over the whole experiment, up or down.

The sizes of the presets are those of two-core virtual machines: a quiet one, an ordinary cloud
machine, an overbooked one, one with two modes, and one that drifts all the time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from whet.model.trial import Invocation, Pair

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TAILS = 4
_BUSY_JITTER = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How one machine disturbs a benchmark. Sizes are log ratios, shares are chances."""

    name: str
    wander: float
    wander_memory: float
    """Correlation of the wander from one invocation to the next."""
    launch: float
    jitter: float
    outlier_share: float
    outlier: float
    busy_share: float = 0.0
    busy_length: float = 1.0
    """Mean number of invocations in a busy spell."""
    busy: float = 0.0
    slow_share: float = 0.0
    slow: float = 0.0
    trend: float = 0.0
    """Change from one invocation to the next."""


MACHINES: Final[Mapping[str, Machine]] = MappingProxyType(
    {
        machine.name: machine
        for machine in (
            Machine(
                name="quiet",
                wander=0.002,
                wander_memory=0.98,
                launch=0.003,
                jitter=0.003,
                outlier_share=0.005,
                outlier=0.05,
            ),
            Machine(
                name="cloud",
                wander=0.015,
                wander_memory=0.97,
                launch=0.007,
                jitter=0.010,
                outlier_share=0.01,
                outlier=0.15,
                busy_share=0.15,
                busy_length=20,
                busy=0.08,
            ),
            Machine(
                name="noisy",
                wander=0.030,
                wander_memory=0.95,
                launch=0.010,
                jitter=0.020,
                outlier_share=0.02,
                outlier=0.30,
                busy_share=0.30,
                busy_length=8,
                busy=0.20,
            ),
            Machine(
                name="bimodal",
                wander=0.005,
                wander_memory=0.97,
                launch=0.003,
                jitter=0.005,
                outlier_share=0.005,
                outlier=0.05,
                slow_share=0.30,
                slow=0.04,
            ),
            Machine(
                name="drift",
                wander=0.005,
                wander_memory=0.97,
                launch=0.004,
                jitter=0.005,
                outlier_share=0.005,
                outlier=0.05,
                trend=0.0025,
            ),
        )
    }
)


def log_ratios(
    rng: np.random.Generator, machine: Machine, *, experiments: int, pairs: int
) -> Floats:
    """Pairs of the same code: one row for each experiment, above 0 where side b was faster.

    Adding log(1 + gain) makes side b faster by that gain.
    """
    times, first_is_a = _times(rng, machine, experiments, pairs)
    first, second = times[:, 0::2], times[:, 1::2]
    return np.where(first_is_a, first - second, second - first)


def sample_pairs(
    rng: np.random.Generator,
    machine: Machine,
    *,
    pairs: int,
    gain: float = 0.0,
    metric: str = "seconds",
    seconds: float = 1.0,
) -> tuple[Pair, ...]:
    """The pairs of one experiment as a trial would report them; side b is faster by `gain`."""
    times, first_is_a = _times(rng, machine, 1, pairs)
    speed = {"a": 1.0, "b": 1.0 + gain}
    taken: list[Pair] = []
    clock = 0.0
    for number in range(pairs):
        order = "ab" if first_is_a[0, number] else "ba"
        runs: dict[str, Invocation] = {}
        for side, log_time in zip(order, times[0, 2 * number : 2 * number + 2], strict=True):
            wall = seconds * float(np.exp(log_time)) / speed[side]
            runs[side] = Invocation(values={metric: wall}, wall=wall, cpu=wall, at=clock)
            clock += wall
        taken.append(Pair(first="a" if order == "ab" else "b", a=runs["a"], b=runs["b"]))
    return tuple(taken)


def _times(
    rng: np.random.Generator, machine: Machine, rows: int, pairs: int
) -> tuple[Floats, Flags]:
    """Log times of invocations in the order they ran, and which pairs began with side a."""
    load, busy = _environment(rng, machine, rows, 2 * pairs)
    return _invocations(rng, machine, load, busy), _orders(rng, rows, pairs)


def _orders(rng: np.random.Generator, rows: int, pairs: int) -> Flags:
    """AB BA or BA AB, drawn anew for every two pairs."""
    heads = rng.random((rows, (pairs + 1) // 2)) < 0.5
    return np.stack([heads, ~heads], axis=2).reshape(rows, -1)[:, :pairs]


def _environment(
    rng: np.random.Generator, machine: Machine, rows: int, runs: int
) -> tuple[Floats, Flags]:
    """What the machine adds to every invocation, and when it is busy."""
    load = _wander(rng, machine, rows, runs)
    busy, cost = _busy(rng, machine, rows, runs)
    sign = np.where(rng.random((rows, 1)) < 0.5, -1.0, 1.0)
    return load + cost + sign * machine.trend * np.arange(runs), busy


def _wander(rng: np.random.Generator, machine: Machine, rows: int, runs: int) -> Floats:
    steps = rng.normal(0.0, 1.0, (rows, runs))
    keep = machine.wander_memory
    fresh = np.sqrt(1 - keep * keep)
    path = np.empty((rows, runs))
    path[:, 0] = steps[:, 0]
    for run in range(1, runs):
        path[:, run] = keep * path[:, run - 1] + fresh * steps[:, run]
    return machine.wander * path


def _busy(rng: np.random.Generator, machine: Machine, rows: int, runs: int) -> tuple[Flags, Floats]:
    """A Markov chain that starts in its long-run state; each spell has a strength of its own."""
    busy = np.zeros((rows, runs), dtype=np.bool_)
    cost = np.zeros((rows, runs))
    if machine.busy_share == 0:
        return busy, cost
    leave = 1 / machine.busy_length
    enter = leave * machine.busy_share / (1 - machine.busy_share)
    now = rng.random(rows) < machine.busy_share
    strength = rng.uniform(0.5, 1.5, rows)
    for run in range(runs):
        busy[:, run] = now
        cost[:, run] = now * strength * machine.busy
        chance = rng.random(rows)
        later = np.where(now, chance >= leave, chance < enter)
        strength = np.where(later & ~now, rng.uniform(0.5, 1.5, rows), strength)
        now = later
    return busy, cost


def _invocations(rng: np.random.Generator, machine: Machine, load: Floats, busy: Flags) -> Floats:
    """What each invocation adds of its own."""
    shape = load.shape
    launch = rng.normal(0.0, machine.launch, shape)
    slow = machine.slow * (rng.random(shape) < machine.slow_share)
    # Student's t with 4 degrees of freedom has a variance of 2.
    size = np.where(busy, _BUSY_JITTER, 1.0) * machine.jitter / math.sqrt(2)
    jitter: Floats = size * rng.standard_t(_TAILS, shape)
    late = np.where(rng.random(shape) < machine.outlier_share, machine.outlier, 0.0)
    delays: Floats = late * rng.standard_exponential(shape)
    return load + launch + slow + jitter + delays
