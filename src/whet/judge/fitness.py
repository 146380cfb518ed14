"""Whether a machine can be trusted now, from pairs of the same code or from an experiment's own.

Noise that grows does not make the test wrong, since the test knows only the noise it sees. It
makes it blind, and what it says of such a stretch is "cannot tell" for no fault of the candidate.
A difference between two builds of one commit is worse: the next candidate may inherit it.

Uses scipy, so driver only.
"""

from collections.abc import Sequence

from whet.judge.boundaries import interval_t
from whet.judge.ratios import gain, log_ratios
from whet.judge.summary import mad_sd
from whet.model.config import Config
from whet.model.design import Noise
from whet.model.metric import Goal
from whet.model.trial import Pair

GROWN = 3.0
"""So many times the calibrated spread is not the same machine any more.

The robust spread of now is held against the larger one of then: a machine with two modes, or with
rare delays, has a robust spread that jumps from one calibration to the next. On the machines of
`whet.testing.noise` up to 3 of 100 checks fail by chance, most of them for this reason.
"""

CERTAIN = 0.999
"""Of the interval in which a difference between two builds of one commit has to leave out 0."""

_FEWEST = 8
"""Pairs that say something about a spread."""


def unfit(config: Config, now: Noise, before: Noise | None) -> str:
    """Why pairs of the same code say that their machine is not fit, or nothing.

    Args:
        config: the goal, and the noise that is still accepted.
        now: what these pairs look like.
        before: what they looked like when the machine was known to be good, or None.
    """
    spread, most = now.sd_pair or now.sd_plain, config.measure.max_noise
    least = config.goal.min_effect
    if spread > most:
        return f"A/A spread {spread:.1%}, the limit is {most:.1%}"
    certain = abs(now.t) > interval_t(now.pairs, CERTAIN)
    if certain and abs(gain(now.mean)) > least / 2:
        return f"A/A difference {gain(now.mean):+.1%}"
    if before is None or now.detectable <= max(least, before.detectable):
        return ""
    usual = max(before.sd_pair, before.sd_plain)
    if spread <= GROWN * usual:
        return ""
    return f"A/A spread {spread:.1%}, {spread / usual:.0f} times as before"


def restless(pairs: Sequence[Pair], goal: Goal, before: Noise) -> str:
    """Why an experiment's own pairs say that the machine was not what it was, or nothing.

    A true effect moves all log ratios alike, so their spread is that of the machine.
    """
    if len(pairs) < _FEWEST:
        return ""
    usual = max(before.sd_pair, before.sd_plain)
    spread = mad_sd(log_ratios(pairs, goal.metric, goal.direction))
    if not usual or spread <= GROWN * usual:
        return ""
    return f"its pairs spread by {spread:.1%}, {spread / usual:.0f} times as calibrated"
