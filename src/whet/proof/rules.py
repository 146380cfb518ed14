"""How others decide, as pure functions on measurements that whet has taken.

A rule is given seconds of the base and of one candidate, in the order in which they were measured,
and says whether it would keep the candidate, which gain it would claim, and for how many
invocations of the benchmark it would have paid. Ten invocations of each side are there, one of
each taken in turn with one of the other, so that all rules met the same minutes of the machine.

`stored` is what a stored baseline is: the base, measured before the first candidate of a session.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TAKEN = 10
"""Invocations of each side that a rule may look at."""

BLOCK = 5
STEADY = 0.02
"""A standard deviation, as a share of the mean, below which a block of five is trusted."""

CONFIDENT = 2.0
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that a rule may know, in seconds; `TAKEN` values but for `earlier`."""

    stored: Sequence[float]
    """The base, before the session: for `single` its first value, for blocks of five the first."""
    base: Sequence[float]
    """The base now, each value beside one of the candidate."""
    candidate: Sequence[float]
    earlier: Sequence[float]
    """The first value of every candidate that was judged before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A rule's answer. `claim` is the gain it reports as a log ratio, whether it keeps or not."""

    keep: bool
    claim: float
    paid: int
    """Invocations it needed for this candidate; those of a stored baseline are not among them."""


Rule = Callable[[Seen], Said]


def single(seen: Seen) -> Said:
    """One invocation of the candidate against one that was stored: the faster one wins."""
    return _faster(seen.stored[0], seen.candidate[0], paid=1)


def median_of_five(seen: Seen) -> Said:
    """The median of the candidate's first five against the median of five that were stored."""
    stored = statistics.median(seen.stored[:BLOCK])
    return _faster(stored, statistics.median(seen.candidate[:BLOCK]), paid=BLOCK)


def two_blocks(seen: Seen) -> Said:
    """Five of the base, then five of the candidate, and their medians compared.

    It is given the first five of the base and the last five of the candidate, so that one block
    lies before the other in time, as it does where two versions are measured in turn.
    """
    base = statistics.median(seen.base[:BLOCK])
    return _faster(base, statistics.median(seen.candidate[-BLOCK:]), paid=2 * BLOCK)


def steady_median(seen: Seen) -> Said:
    """As `median_of_five`, but five are trusted only if their deviation is under 2 %.

    A candidate whose first five are not steady gets a second five; if they are not either, it is
    not kept. The stored baseline is the first steady block of its two, else the second.
    """
    blocks = [seen.stored[:BLOCK], seen.stored[-BLOCK:]]
    stored = statistics.median(blocks[0] if _is_steady(blocks[0]) else blocks[1])
    for number, block in enumerate((seen.candidate[:BLOCK], seen.candidate[-BLOCK:]), start=1):
        if _is_steady(block):
            return _faster(stored, statistics.median(block), paid=number * BLOCK)
    return Said(keep=False, claim=0.0, paid=2 * BLOCK)


def deviations(seen: Seen) -> Said:
    """One invocation that beats the stored one by two median absolute deviations.

    The deviation is that of all single invocations of the campaign so far: the stored one, those
    of every earlier candidate, and this one. Fewer than three say nothing, and nothing is kept.
    """
    baseline, now = seen.stored[0], seen.candidate[0]
    values = (baseline, *seen.earlier, now)
    middle = statistics.median(values)
    mad = statistics.median([abs(value - middle) for value in values])
    sure = len(values) >= 3 and mad > 0 and (baseline - now) / mad >= CONFIDENT
    return Said(keep=sure, claim=math.log(baseline / now), paid=1)


def welch(seen: Seen) -> Said:
    """Ten of the candidate against ten that were stored, by Welch's t test with p < .05.

    B. L. Welch, "The generalization of Student's problem when several different population
    variances are involved" (Biometrika 34, 1947); two-sided, as tools do it, and faster.
    """
    from scipy.stats import ttest_ind  # noqa: PLC0415 (costs more than all else here)

    p = float(ttest_ind(seen.stored, seen.candidate, equal_var=False).pvalue)
    base, now = statistics.fmean(seen.stored), statistics.fmean(seen.candidate)
    keep = p < SIGNIFICANT and now < base
    return Said(keep=keep, claim=math.log(base / now), paid=len(seen.candidate))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A rule with its name; `stored` is the number of invocations in its stored baseline."""

    key: str
    title: str
    stored: int
    rule: Rule


PEERS = (
    Peer(key="single", title="one run, stored baseline", stored=1, rule=single),
    Peer(key="median", title="median of 5, stored baseline", stored=5, rule=median_of_five),
    Peer(key="steady", title="same, only if sd < 2%, retry", stored=5, rule=steady_median),
    Peer(key="blocks", title="median of 5 A, then of 5 B", stored=0, rule=two_blocks),
    Peer(key="mad", title="one run, 2 MAD below stored", stored=1, rule=deviations),
    Peer(key="welch", title="Welch, 10 stored, p < .05", stored=10, rule=welch),
)


def records(first: float, runs: Sequence[float], gains: Sequence[float]) -> tuple[Said, ...]:
    """A loop that keeps whatever beats its best single invocation so far, on top of what it kept.

    Args:
        first: one invocation of the base, which begins the loop.
        runs: one invocation of each candidate alone on the base, in order.
        gains: the true log gain of each. Gains add up in this target, so what a candidate on top
            of others would have taken is known to the digit: its time alone, less their gains.
    """
    best, stacked, found = first, 0.0, []
    for run, gain in zip(runs, gains, strict=True):
        now = run / math.exp(stacked)
        said = _faster(best, now, paid=1)
        found.append(said)
        if said.keep:
            best, stacked = now, stacked + gain
    return tuple(found)


def _faster(base: float, candidate: float, *, paid: int) -> Said:
    return Said(keep=candidate < base, claim=math.log(base / candidate), paid=paid)


def _is_steady(block: Sequence[float]) -> bool:
    return statistics.stdev(block) < STEADY * statistics.fmean(block)
