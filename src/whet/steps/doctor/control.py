"""The same code twice: there must be no difference, and what noise there is can be described."""

import contextlib
import math
import shlex
import statistics
from collections.abc import Sequence

from whet.errors import NotReady
from whet.judge.boundaries import interval_t
from whet.judge.calibration import carry_over
from whet.judge.ratios import effect, gain
from whet.judge.summary import centre
from whet.model.design import Noise
from whet.model.trial import Invocation, Pair, TrialOutcome
from whet.model.verdict import Effect
from whet.report import figures
from whet.steps.calibrate import measured_noise
from whet.steps.doctor.visit import Visit
from whet.trial import advice

_TOO_FAR = 3.0
"""Standard errors from 0 at which pairs of the same code are taken once more."""

_SHIFT = 4.0
"""The same for order and drift, which a pair forgives: only what is plain is worth a line."""


async def same_code(visit: Visit) -> TrialOutcome | None:
    """Take pairs of two builds of the base and tell whether they differ.

    Returns:
        The pairs that describe the noise, or None when there is no number to be had.
    """
    pairs = max(4, visit.config.measure.aa_pairs)
    outcome = await _taken(visit, "aa", pairs, 0)
    noise = _noise(visit, outcome)
    if noise is None:
        return None
    if abs(noise.t) >= _TOO_FAR and not noise.constant:
        # one in fifty calibrations of a good machine lies this far out: ask again
        again = await _taken(visit, "aa-again", pairs, 1)
        second = _noise(visit, again)
        if second is None:
            return None
        if abs(second.t) >= _TOO_FAR and (second.t > 0) == (noise.t > 0):
            visit.noise = second
            _differs(visit, again, second)
            return again
        outcome, noise = again, second
    visit.noise = noise
    if any(pair.a.values != pair.b.values for pair in outcome.pairs):
        found = seen(visit, outcome.pairs)
        inside = found.low <= 0 <= found.high
        said = "no difference, as it must be" if inside else "no more than noise can do"
        visit.tell("Benchmark", "ok", f"control, same code: {figures.change(found)}, {said}")
    return outcome


def seen(visit: Visit, pairs: Sequence[Pair]) -> Effect:
    """The effect on the goal with the interval that reports use."""
    goal, confidence = visit.config.goal, visit.config.measure.confidence
    t = interval_t(len(pairs), confidence)
    return effect(pairs, goal.metric, goal.direction, t=t, confidence=confidence)


async def _taken(visit: Visit, name: str, pairs: int, seed: int) -> TrialOutcome:
    return await visit.trial(visit.spec(name, pairs=pairs, seed=seed), "the same code twice")


def _noise(visit: Visit, outcome: TrialOutcome) -> Noise | None:
    fault = outcome.fault
    if fault is not None:
        visit.tell(
            "Benchmark",
            "error",
            f"fails now and then: {fault.detail}",
            hint=fault.hint or advice.by_hand(visit.config.bench.command),
            detail=tuple(fault.log.splitlines()[-12:]),
        )
        return None
    try:
        return measured_noise(visit.config, outcome)
    except NotReady as error:
        hint = advice.shown("print a number above 0", visit.config.bench.command)
        visit.tell("Benchmark", "error", error.message, hint=hint)
        return None


def _differs(visit: Visit, outcome: TrialOutcome, noise: Noise) -> None:
    found = figures.change(seen(visit, outcome.pairs))
    large = abs(gain(noise.mean)) > visit.config.goal.min_effect / 2
    visit.tell(
        "Benchmark",
        "error" if large else "warning",
        f"control, same code: {found}, a difference where there is none",
        hint=advice.shown(
            "look for what depends on the path of the tree, or on what ran before",
            visit.config.bench.command,
        ),
        detail=(
            "Two builds of one commit were measured twice and differed in the same direction.",
        ),
    )


def shifts(visit: Visit, outcome: TrialOutcome) -> None:
    """Tell when the second of a pair is slower than the first, or the second half of all runs."""
    goal = visit.config.goal
    sign = 1.0 if goal.direction == "lower" else -1.0
    firsts = [sign * math.log(value) for value in _ordered(outcome.pairs, goal.metric, first=True)]
    seconds = [
        sign * math.log(value) for value in _ordered(outcome.pairs, goal.metric, first=False)
    ]
    found = centre([b - a for a, b in zip(firsts, seconds, strict=True)])
    if _plain(found.mean, found.se, goal.min_effect):
        visit.tell(
            "Noise",
            "warning",
            f"the second run of a pair is {_worse(found.mean)} than the first",
            hint=f"whet config set bench.warmup {visit.config.bench.warmup + 1}",
        )
    with contextlib.suppress(ValueError):  # orders may have left too little to compare
        more, error = carry_over(outcome.pairs, goal.metric, goal.direction)
        if _plain(more, error, goal.min_effect):
            visit.tell(
                "Noise",
                "warning",
                f"a run after the other build is {_worse(more)} than one after its own",
                hint="warm its caches up before every run: "
                f"`whet config set bench.prepare {shlex.quote(visit.config.bench.command)}`",
            )
    runs = [value for pair in zip(firsts, seconds, strict=True) for value in pair]
    half = len(runs) // 2
    early, late = runs[:half], runs[half:]
    shift = statistics.fmean(late) - statistics.fmean(early)
    error = math.sqrt((statistics.variance(early) + statistics.variance(late)) / half)
    if _plain(shift, error, goal.min_effect):
        visit.tell(
            "Noise",
            "warning",
            f"the second half of the runs is {_worse(shift)} than the first half",
            hint="see what else runs: `top`; pairs are immune to this, absolute numbers are not",
        )


def _ordered(pairs: Sequence[Pair], metric: str, *, first: bool) -> list[float]:
    def chosen(pair: Pair) -> Invocation:
        return pair.a if (pair.first == "a") == first else pair.b

    return [chosen(pair).values[metric] for pair in pairs]


def _plain(shift: float, error: float, min_effect: float) -> bool:
    return abs(shift) > max(_SHIFT * error, math.log1p(min_effect) / 2)


def _worse(shift: float) -> str:
    return f"{100 * abs(math.expm1(shift)):.1f}% {'slower' if shift > 0 else 'faster'}"
