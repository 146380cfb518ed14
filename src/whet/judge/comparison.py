"""Two versions compared on a fixed number of pairs. Needs scipy: the driver's side only."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from whet.judge.boundaries import interval_t
from whet.judge.ratios import effect, log_ratios
from whet.judge.summary import Centre, centre
from whet.model.metric import Direction
from whet.model.trial import Pair
from whet.model.verdict import Effect

Answer = Literal["faster", "slower", "no_difference", "cannot_tell"]


_TOO_MANY = 10_000_000
"""Nobody takes so many pairs, so their number is no advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Side b against side a. `pairs_needed` is set when more pairs would give an answer."""

    effect: Effect
    answer: Answer
    pairs_needed: int | None
    text: str


def compare(
    pairs: Sequence[Pair],
    metric: str,
    direction: Direction,
    *,
    confidence: float,
    min_effect: float,
    same: bool = False,
) -> Comparison:
    """A two-sided test of a number of pairs that was fixed before the first of them.

    `no_difference` means that the whole interval lies within the smallest effect that matters
    (`min_effect`, a fraction), even when it does not contain 0; `faster` and `slower` that it
    lies on one side of 0; `cannot_tell` that it is too wide for either. Sides that are the `same`
    program have no difference, whatever the numbers say: where a program lies in memory is in them.

    Raises:
        ValueError: fewer than 2 pairs, or a value that has no logarithm.
    """
    t = interval_t(max(len(pairs), 2), confidence)
    seen = effect(pairs, metric, direction, t=t, confidence=confidence)
    found = centre(log_ratios(pairs, metric, direction))
    answer = "no_difference" if same else _answer(found, t, math.log1p(min_effect))
    more = None
    if answer == "cannot_tell":
        more = _pairs_needed(found, confidence, math.log1p(min_effect))
    text = f"the same program, and noise: {_numbers(seen)}" if same else ""
    text = text or _text(seen, answer, min_effect, more)
    return Comparison(effect=seen, answer=answer, pairs_needed=more, text=text)


def _answer(found: Centre, t: float, least: float) -> Answer:
    low, high = found.mean - t * found.se, found.mean + t * found.se
    if -least < low and high < least:
        return "no_difference"
    if low > 0:
        return "faster"
    return "slower" if high < 0 else "cannot_tell"


def _pairs_needed(found: Centre, confidence: float, least: float) -> int | None:
    """About how many pairs would answer, if the centre and the spread stayed as they are.

    Either answer will do: an interval that leaves 0, or one that stays within the least effect.
    """
    half = max(abs(found.mean), least - abs(found.mean))
    if half <= 0:
        return None
    spread = found.se * math.sqrt(found.n)

    def answers(n: int) -> bool:
        return interval_t(n, confidence) * spread / math.sqrt(n) <= half

    enough = found.n + 1
    while not answers(enough):
        if enough > _TOO_MANY:
            return None
        enough *= 2
    few = max(found.n, enough // 2)
    return few + 1 + bisect_left(range(few + 1, enough), x=True, key=answers)


def _numbers(seen: Effect) -> str:
    interval = f"[{100 * seen.low:+.1f}, {100 * seen.high:+.1f}]"
    return f"{100 * seen.estimate:+.1f}% {interval}, {seen.pairs} pairs"


def _text(seen: Effect, answer: Answer, min_effect: float, more: int | None) -> str:
    numbers = _numbers(seen)
    if answer == "faster":
        return f"faster: {numbers}"
    if answer == "slower":
        return f"slower: {numbers}"
    if answer == "no_difference":
        return f"no difference of {100 * min_effect:g}% or more: {numbers}"
    hint = f"; about {more} would tell" if more else ""
    return f"cannot tell: {numbers}{hint}"
