"""The stopping rule of one experiment. Standard library only: it runs on the worker.

After every pair the trial asks `decide`, with all pairs so far. The rule is replayed from the
first pair, so the answer depends on nothing but the pairs, and the first prefix that ends the
experiment ends it: pairs beyond it change nothing.

The goal is accepted only at a planned look, and once accepted it stays accepted. Futility is
asked after every pair until then. What other candidates of the block were like at a pair is
recorded with it (`Pair.around`); only giving up asks for that, never accepting.

A lost guard ends the experiment whether or not the goal has been accepted, because such a
candidate cannot be kept. An undecided guard only prolongs it (`whet.judge.guards`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from whet.judge import exact, guards
from whet.judge.around import joined
from whet.judge.layouts import over_layouts
from whet.judge.ratios import gain, log_ratios, values
from whet.judge.summary import Centre, centre
from whet.model.design import Design, GuardRule
from whet.model.trial import Pair

Action = Literal["continue", "accept", "futile", "cap", "guard_lost", "unsteady"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do after `pairs` pairs; anything but `continue` ends the experiment.

    `goal` is the goal's log ratio (None only before the first pair). `accepted_at` is the look
    at which the goal was accepted, 0 if it was not: `cap` with it set means that only `guard`
    was still undecided. `unsteady` says that an exact goal is not. `guard` names the guard that
    was lost or is undecided. The `text` of `continue` tells no interim effect: a number on a
    screen invites stopping early.
    """

    action: Action
    pairs: int
    goal: Centre | None
    text: str
    accepted_at: int = 0
    guard: str = ""


def decide(design: Design, pairs: Sequence[Pair]) -> Decision:
    """Replay the rule over the pairs, in the order they were taken.

    Raises:
        ValueError: a metric is missing, or has a value without a logarithm.
    """
    goal = log_ratios(pairs, design.metric, design.direction)
    places = [pair.layout for pair in pairs]
    losses = tuple(guards.losses(rule, pairs) for rule in design.guards)
    answer = Decision(action="continue", pairs=0, goal=None, text="no pairs yet")
    for n in range(1, len(pairs) + 1):
        if design.exact and (why := _unsteady(design, pairs[:n])):
            return replace(answer, action="unsteady", pairs=n, goal=centre(goal[:n]), text=why)
        over = over_layouts(goal[:n], places[:n], design.floor)
        seen = _Seen(goal[:n], over, pairs[n - 1].around)
        answer = _step(design, seen, [loss[:n] for loss in losses], answer.accepted_at)
        if answer.action != "continue":
            break
    return answer


@dataclass(frozen=True, slots=True)
class _Seen:
    """The goal's log ratios, and what they are over layouts where that is asked as well."""

    goal: Sequence[float]
    over: Centre | None
    around: float | None = None
    """`Pair.around` of the last pair."""


def _step(
    design: Design, seen: _Seen, losses: Sequence[Sequence[float]], accepted_at: int
) -> Decision:
    """The decision after exactly these pairs, none of the earlier ones having been final."""
    n = len(seen.goal)
    found = centre(seen.goal, design.floor)
    if not accepted_at and _accepts(design, seen, found):
        accepted_at = n
    states = [
        guards.state(rule, loss, design.boundaries)
        for rule, loss in zip(design.guards, losses, strict=True)
    ]

    def answer(action: Action, text: str, guard: str = "") -> Decision:
        return Decision(
            action=action, pairs=n, goal=found, text=text, accepted_at=accepted_at, guard=guard
        )

    if accepted_at and all(state == "holds" for state in states):
        return answer("accept", f"{_percent(gain(found.mean))} after {n} pairs")
    if not accepted_at and _is_futile(design, seen, found):
        return answer("futile", _futile_text(design, seen, found))
    if "lost" in states:
        lost = states.index("lost")
        rule = design.guards[lost]
        return answer("guard_lost", _lost_text(rule, losses[lost]), rule.metric)
    if n < design.boundaries.cap:
        return answer("continue", f"{n} pairs so far")
    if accepted_at:
        guard = design.guards[states.index("undecided")].metric
        return answer("cap", f"faster, but {guard} is undecided after {n} pairs", guard)
    return answer("cap", _cap_text(design, found))


def _unsteady(design: Design, pairs: Sequence[Pair]) -> str:
    """Why an exact goal is not exact, or nothing: it is asked of each side by itself."""
    for side in ([pair.a for pair in pairs], [pair.b for pair in pairs]):
        found = values(side, design.metric)
        why = exact.disagreement(design.metric, found, design.min_effect)
        if why:
            return why
    return ""


def _accepts(design: Design, seen: _Seen, found: Centre) -> bool:
    """Without any variance there is no test: equal values are a clock or a cache, not proof.

    An exact goal needs no test, but a repeat.
    """
    if design.exact:
        return found.n >= exact.REPEATS and exact.enough(seen.goal, design.min_effect)
    if found.n not in design.boundaries.accept_t or found.se == 0:
        return False
    enough = found.mean / found.se >= design.boundaries.accept_t[found.n]
    return enough and _holds_over_layouts(design, seen.over)


def _holds_over_layouts(design: Design, over: Centre | None) -> bool:
    """Whether the builds agree as well, where there are more pairs than builds."""
    if design.layouts is None or over is None:
        return True
    if over.df + 1 < design.layouts.count or over.se == 0:
        return False  # pairs were repeated, and some build has none yet
    return over.mean / over.se >= design.layouts.accept_t[over.n]


def _is_futile(design: Design, seen: _Seen, found: Centre) -> bool:
    if design.exact:
        return found.n >= exact.REPEATS and not exact.enough(seen.goal, design.min_effect)
    beside = seen.around is not None and bool(design.around_t)
    late = found.n >= (2 if beside else max(2, design.first_futility))
    return late and _upper(design, seen, found) < design.min_effect


def _upper(design: Design, seen: _Seen, found: Centre) -> float:
    over = seen.over
    if design.layouts is not None and over is not None and over.df + 1 == design.layouts.count:
        return over.mean + design.layouts.futile_t * over.se
    return found.mean + _margin(design, found, seen.around)


def _margin(design: Design, found: Centre, others: float | None) -> float:
    """How far the effect may lie above the mean of these pairs.

    Where the others of the block are known, their spread counts beside the candidate's own. The
    critical value is smaller where the calibration and these pairs say that it is noisy.
    """
    root, haste = math.sqrt(found.n), design.impatience
    own = found.se * root
    if others is None or not design.around_t:
        hasty = haste is not None and own >= haste.above
        t = haste.futile_t if haste is not None and hasty else design.boundaries.futile_t
        return t[found.n] * own / root
    hasty = haste is not None and others >= haste.above
    t = haste.around_t if haste is not None and hasty else design.around_t
    return t[found.n] * max(joined(own, found.df, others), design.floor) / root


def _futile_text(design: Design, seen: _Seen, found: Centre) -> str:
    least = gain(design.min_effect)
    if design.exact:
        lowest = 100 * gain(min(seen.goal))
        return f"{lowest:+.2g}% exactly, less than the {100 * least:.1f}% asked"
    upper = gain(_upper(design, seen, found))
    return (
        f"likely at most {_percent(upper)} after {found.n} pairs, "
        f"less than the {100 * least:.1f}% asked"
    )


def _cap_text(design: Design, found: Centre) -> str:
    if found.se == 0:
        return f"every one of {found.n} pairs gave the same ratio: the metric has no noise to test"
    half = design.boundaries.interval_t[found.n] * found.se
    low, high = gain(found.mean - half), gain(found.mean + half)
    return (
        f"undecided after {found.n} pairs: {_percent(gain(found.mean))} "
        f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    )


def _lost_text(rule: GuardRule, losses: Sequence[float]) -> str:
    loss = max(losses) if rule.exact else centre(losses).mean
    allowed = f"more than the {100 * gain(rule.margin):.1f}% allowed"
    if math.isinf(loss):
        return f"{rule.metric} was 0 on one side only, {allowed}"
    return f"{rule.metric} is {100 * gain(loss):.1f}% worse, {allowed}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:+.1f}%"
